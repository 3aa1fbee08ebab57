import { expect, test } from "bun:test";
import {
  ChatWebSocketClient,
  type ClientOptions,
  DietWebSocketClient,
  GiftViewerClient,
  GurukulClient,
  VoiceChannelClient,
} from "../../packages/client/src/index.ts";
import { Random } from "../support/random.ts";
import { startRelay } from "../support/relay.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";
import { hasty, noRate, offsetStore } from "./support.ts";

const EVENTS = 1_000;
const random = new Random(Random.seed());
const server = stopAfterAll(await startTestServer({ env: { MAX_GIFTS_PER_SECOND: "0" } }));

interface Page {
  connect(): Promise<unknown>;
  disconnect(): Promise<void>;
}
interface Contract {
  readonly path: string;
  /** A page that hears the texts of the room's events. */
  open(options: ClientOptions, heard: (text: string) => void): Page;
  event(text: string): object;
}

const sender = { userId: "u", username: "U", avatar: "", isSubscriber: false, isModerator: false };
const animation = { type: "particle", duration: 1, assetUrl: "", soundUrl: "" };
const timestamp = "2026-03-02T08:30:00.000Z";
const contracts: Record<string, Contract> = {
  gurukul: {
    path: "/ws",
    open(options, heard) {
      const client = new GurukulClient(options);
      client.subscribe("message", ({ data }) => heard(data.message.content));
      const connect = async () => {
        await client.connect();
        await client.join("r");
      };
      return { connect, disconnect: () => client.disconnect() };
    },
    event: (text) => ({
      ...{ room: "chat:r", type: "message" },
      data: {
        chatId: "r",
        message: { id: text, chatId: "r", userId: "b", content: text, role: "user", timestamp, metadata: {} },
      },
    }),
  },
  atomic: {
    path: "/api/chat/ws",
    open(options, heard) {
      const client = new ChatWebSocketClient({ ...options, contextId: "r" });
      client.subscribe("message", ({ data }) => heard(data.content));
      return client;
    },
    event: (text) => ({
      ...{ room: "context:r", type: "message" },
      data: { content: text, author: "Bot", authorId: "bot", messageType: "text" },
    }),
  },
  discord: {
    path: "/api/ws",
    open(options, heard) {
      const client = new VoiceChannelClient(options);
      client.subscribe("room.created", ({ payload }) => heard(payload.name));
      return client;
    },
    event: (name) => ({
      ...{ room: "guild:r", type: "room.created" },
      data: { guildId: "r", channelId: "c", name, userLimit: 0 },
    }),
  },
  hyperfocus: {
    path: "/ws",
    open(options, heard) {
      const client = new GiftViewerClient({ ...options, streamId: "r" });
      client.subscribe("gift:received", ({ payload }) => heard(payload.giftType));
      return client;
    },
    event: (giftType) => ({
      ...{ room: "stream:r", type: "gift:received" },
      data: { giftId: giftType, giftType, quantity: 1, totalValue: 1, sender, animation },
    }),
  },
  diet: {
    path: "/api/diet/ws",
    open(options, heard) {
      const client = new DietWebSocketClient(options);
      client.subscribe("group.message", ({ data }) => heard(data.content));
      return client;
    },
    event: (content) => ({
      ...{ room: "group:r", type: "group.message" },
      data: { messageId: content, groupId: "r", fromUserId: "bob", content, timestamp },
    }),
  },
};
const rooms = ["chat:r", "context:r", "guild:r", "stream:r", "group:r"];

test.each(Object.keys(contracts))(
  "%s: over cuts and reloads of the page each event is heard once and in order",
  async (name) => {
    const { path, open, event } = contracts[name]!;
    const relay = await startRelay(server.port);
    const store = offsetStore();
    const heard: string[] = [];
    const waiting = new Map<string, () => void>();
    const options = {
      ...{ url: `ws://127.0.0.1:${relay.port}${path}`, token: () => server.token("ada", { rooms }) },
      ...{ reconnect: { ...hasty, maxAttempts: Number.POSITIVE_INFINITY }, rate: noRate, store },
    };
    const load = () => {
      const page = open(options, (text) => {
        heard.push(text);
        waiting.get(text)?.();
      });
      return { page, loaded: page.connect() };
    };
    const hears = (text: string) => new Promise<void>((resolve) => waiting.set(text, resolve));
    const all = Array.from({ length: EVENTS }, (_, n) => `e${n}`);
    const post = async (texts: string[]) => {
      const { status } = await server.http("POST", `/v1/${name}/events`, texts.map(event));
      expect(status).toBe(200);
    };

    let { page, loaded } = load();
    await loaded;
    const first = hears("e0");
    await post(all.slice(0, 1));
    await first;
    const last = hears(`e${EVENTS - 1}`);
    for (let at = 1; at < EVENTS; ) {
      const size = random.whole(1, 60);
      const posted = post(all.slice(at, at + size));
      at += size;
      if (random.chance(0.5)) relay.breakOff();
      else if (random.chance(0.4)) {
        // A page that is closed before it has connected rejects, and nobody cares.
        loaded.catch(() => {});
        void page.disconnect();
        ({ page, loaded } = load());
      }
      await posted;
    }
    await last;
    await loaded;
    expect(heard).toEqual(all);
    await page.disconnect();
    relay.stop();
  },
);
