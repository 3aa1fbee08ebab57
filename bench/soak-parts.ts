import type { Frame } from "./soak-client.ts";
import type { Part } from "./soak-part.ts";

const ROOM_LIFE_MS = 120_000;
const text = "The quick brown fox jumps over the lazy dog. ".repeat(4);
const id = () => crypto.randomUUID();
/** Three, so that a room that was left is come back to. */
const generation = () => Math.floor(Date.now() / ROOM_LIFE_MS) % 3;
const versionOf = ({ data }: Frame) => Number(data?.["version"]);

const chat = (type: string, data: object) => ({ type, data, timestamp: Date.now() });

const gurukul: Part = {
  name: "gurukul",
  players: 60,
  pauseMs: 800,
  grants: () => "chat:*",
  path: (token, player) => `/ws?token=${token}${player % 6 === 0 ? "&batch=1" : ""}`,
  async enter(client, me) {
    // A third of the chats stays, the others are left for another every two minutes.
    const which = me.player % 20;
    me.room = which % 3 === 0 ? `soak-${which}` : `soak-${which}-${generation()}`;
    await client.ask(chat("chat_update", { action: "join", chatId: me.room }), isType("chat_update"));
  },
  async act(client, { room: chatId, userId }) {
    const messageId = id();
    if (Math.random() < 0.2) client.send(chat("typing", { chatId, userId, isTyping: true }));
    const agent = Math.random() < 0.02 ? { agentId: "therapist" } : {};
    const said = await client.ask(chat("message", { chatId, content: text, messageId, ...agent }), (frame) =>
      messagesIn(frame).some((data) => data["messageId"] === messageId),
    );
    const mine = messagesIn(said).find((data) => data["messageId"] === messageId);
    const stored = (mine?.["message"] as { id?: string } | undefined)?.id;
    if (Math.random() < 0.3 && stored !== undefined) {
      client.send(chat("read_receipt", { chatId, messageIds: [stored], userId }));
    }
  },
};

/** The data of the message frames of a frame, which may be a batch of them. */
function messagesIn({ type, data }: Frame): Record<string, unknown>[] {
  if (type === "message" && data) return [data];
  if (type !== "batch") return [];
  return ((data?.["messages"] ?? []) as Frame[]).flatMap(messagesIn);
}

const hyperfocus: Part = {
  name: "hyperfocus",
  players: 60,
  pauseMs: 3_000,
  subprotocol: "hyperfocus-protocol-v1",
  grants: () => "stream:*",
  path: (token, player) => (player < 3 ? `/ws?token=${token}` : "/ws"),
  async enter(client, me) {
    const clientType = me.player < 3 ? "host" : "viewer";
    const payload = { clientId: me.userId, streamId: `soak-${me.player % 3}`, clientType };
    const more = { capabilities: ["webgl"], version: "1.0.0" };
    await client.ask(gift("connection:init", { ...payload, ...more }), isType("connection:ack"));
  },
  hears(client, { type, payload }) {
    const receivedAt = new Date().toISOString();
    if (type === "heartbeat:ping") {
      client.send(gift("heartbeat:pong", { ...payload, stats: { latency: 1, memory: 1, queueSize: 0 } }));
    } else if (type === "gift:received") {
      client.send(gift("gift:ack", { giftId: payload?.["giftId"], receivedAt, rendered: true, error: null }));
    }
  },
};
const gift = (type: string, payload: object) => ({ type, payload, timestamp: new Date().toISOString() });

const atomicChat: Part = {
  name: "atomic chat",
  players: 24,
  pauseMs: 800,
  grants: () => "context:*",
  path: (token, player) => `/api/chat/ws?token=${token}&contextId=soak-${player % 8}`,
  async enter() {},
  async act(client) {
    const wanted = id();
    client.send({ type: "typing", data: { isTyping: true } });
    if (Math.random() < 0.1) await client.ask({ type: "history", data: { limit: 20 } }, isType("history"));
    const message = { type: "message", id: wanted, data: { content: text } };
    await client.ask(message, (frame) => frame.id === wanted);
  },
};

const atomicAnalytics: Part = {
  name: "atomic analytics",
  players: 12,
  pauseMs: 5_000,
  grants: () => "context:*",
  path: (token, player) => `/api/analytics/ws?token=${token}&contextId=soak-${player % 8}`,
  async enter(client) {
    client.send({ type: "subscribe", data: { metrics: ["engagement", "activity", "performance"] } });
  },
  async act(client) {
    await client.ask({ type: "ping" }, isType("pong"));
  },
};

const atomicEdits: Part = {
  name: "atomic edits",
  players: 16,
  pauseMs: 500,
  grants: () => "*",
  path: (token) => `/api/collaboration/ws?token=${token}`,
  async enter(client, me) {
    const sessionId = me.player % 2 ? `soak-${me.player % 4}` : `soak-${me.player % 4}-${generation()}`;
    const joined = await client.ask(
      { type: "join_session", data: { sessionId, role: "participant" } },
      isType("session_joined"),
    );
    me.version = versionOf(joined);
  },
  /** Writes a word and takes it out again, so that a document stays short. */
  async act(client, me) {
    const edits = [{ operation: "insert", position: 0, content: "soak " }, DELETE] as const;
    for (const edit of edits) {
      const wanted = id();
      const message = { type: "edit", id: wanted, data: { ...edit, version: me.version } };
      me.version = versionOf(await client.ask(message, (frame) => frame.id === wanted));
    }
  },
};
const DELETE = { operation: "delete", position: 0, length: 5 };

const discord: Part = {
  name: "discord",
  players: 60,
  pauseMs: 30_000,
  grants: (player) => `guild:${player % 5}`,
  path: () => "/api/ws",
  async enter(client, { token }) {
    const auth = { v: 1, type: "auth", token, ts: Date.now() };
    await client.ask(auth, ({ event }) => event === "auth.ok");
  },
};

const diet: Part = {
  name: "diet",
  players: 40,
  pauseMs: 1_000,
  grants: () => "group:*",
  path: () => "/api/diet/ws",
  async enter(client, { token, userId }) {
    await client.ask({ type: "auth", token, userId, sessionId: "soak" }, isType("auth_response"));
  },
  async act(client, { player, userId }) {
    const [wanted, timestamp] = [id(), new Date().toISOString()];
    const own = { fromUserId: userId, timestamp, content: text, messageId: id() };
    const [type, data] =
      Math.random() < 0.5
        ? ["direct.message", { ...own, toUserId: `diet-${player ^ 1}`, isRead: false }]
        : ["water.intake", { userId, amount: 250, totalToday: 500, goal: 2000, loggedAt: timestamp }];
    await client.ask({ id: wanted, type, timestamp, data }, (frame) => frame.id === wanted);
  },
  /** Reads its mail: what nobody reads waits for ever, and is no leak. */
  hears(client, { type, data, success }) {
    if (success !== undefined || (type !== "direct.message" && type !== "notification")) return;
    const [readAt, userId] = [new Date().toISOString(), data?.["toUserId"] ?? data?.["userId"]];
    const [kind, read] =
      type === "notification"
        ? ["notification.read", { notificationId: data?.["notificationId"] }]
        : ["message.read", { messageId: data?.["messageId"] }];
    client.send({ id: id(), type: kind, timestamp: readAt, data: { ...read, userId, readAt } });
  },
};

const isType = (type: string) => (frame: Frame) => frame.type === type;

export const parts: readonly Part[] = [
  gurukul,
  hyperfocus,
  atomicChat,
  atomicAnalytics,
  atomicEdits,
  discord,
  diet,
];

/** What backends post, again and again, each of these as one request. */
export const posts: readonly { readonly protocol: string; readonly everyMs: number; event(): object }[] = [
  {
    protocol: "hyperfocus",
    everyMs: 200,
    event: () => ({
      room: `stream:soak-${Math.floor(Math.random() * 3)}`,
      type: "gift:received",
      id: id(),
      data: {
        giftType: "rose",
        quantity: 1,
        sender: {
          userId: `giver-${Math.floor(Math.random() * 20)}`,
          username: "Giver",
          avatar: "",
          isSubscriber: false,
          isModerator: false,
        },
        animation: { type: "particle", duration: 3000, assetUrl: "", soundUrl: "" },
      },
    }),
  },
  {
    protocol: "discord",
    everyMs: 250,
    event() {
      const guildId = `${Math.floor(Math.random() * 5)}`;
      const data = { guildId, channelId: "2", userId: id(), username: "Ada", avatar: null };
      return { room: `guild:${guildId}`, type: "voice.joined", data };
    },
  },
  {
    protocol: "atomic",
    everyMs: 1_000,
    event: () => ({
      room: `context:soak-${Math.floor(Math.random() * 8)}`,
      type: "metric_update",
      data: { metric: "performance", value: Math.random() },
    }),
  },
  {
    protocol: "diet",
    everyMs: 500,
    event: () => {
      const userId = `diet-${Math.floor(Math.random() * 40)}`;
      const says = { title: "Soak", message: "Still here", type: "info", category: "system" };
      return {
        user: userId,
        type: "notification",
        data: { notificationId: id(), userId, ...says, createdAt: new Date().toISOString() },
      };
    },
  },
];
