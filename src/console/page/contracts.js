// How a client speaks each contract, as data. The server describes the messages itself. This file has what the description lacks:
// - `first`: the first message of a connection; `answers`: what a client must answer
// - `joins`: the messages that join and leave a room, and the member that names the room
// - `steps`: a first conversation; `posts`: examples for backends
// - `targets`: the recipients of other events, by the beginning of their type
// - `names`: what replaces the names in the description's examples
// `{now}` and `{iso}` are the time, `{id}` is new each time, `{user}`, `{name}` and `{token}` describe the user who
// connects, and `{path}` is WS_PATH. A text that is only one of these takes its value; numbers stay numbers.

const gift = {
  room: "stream:s1",
  type: "gift:received",
  data: {
    giftType: "rose",
    quantity: 3,
    totalValue: 30,
    sender: { userId: "u1", username: "Bob", avatar: "", isSubscriber: true, isModerator: false },
    animation: { type: "particle", duration: 3000, assetUrl: "", soundUrl: "" },
  },
};
const joined = {
  room: "guild:1",
  type: "voice.joined",
  data: { guildId: "1", channelId: "2", userId: "3", username: "Bob", avatar: null },
};
const reward = {
  user: "{user}",
  type: "achievement.unlocked",
  data: {
    achievementId: "early-bird",
    userId: "{user}",
    achievementName: "Early Bird",
    description: "Log breakfast before eight o'clock",
    xpReward: 100,
    coinReward: 20,
    rarity: "uncommon",
    unlockedAt: "{iso}",
  },
};
const ofUser = (type, data) => ({ id: "{id}", type, timestamp: "{iso}", data });

export const known = [
  {
    name: "gurukul",
    title: "gurukul: chats",
    endpoints: [{ path: "{path}", query: { token: "{token}" } }],
    joins: [
      {
        join: { type: "chat_update", data: { action: "join" } },
        leave: { type: "chat_update", data: { action: "leave" } },
        by: "chatId",
      },
    ],
    steps: [
      {
        title: "Join chat-1",
        say: { type: "chat_update", data: { action: "join", chatId: "chat-1" }, timestamp: "{now}" },
      },
      {
        title: "Say hello",
        say: {
          type: "message",
          data: { chatId: "chat-1", content: "Hello, Bob!", messageId: "{id}" },
          timestamp: "{now}",
        },
      },
      {
        title: "Ask an agent",
        say: {
          type: "message",
          data: { chatId: "chat-1", content: "How are you?", agentId: "therapist", messageId: "{id}" },
          timestamp: "{now}",
        },
      },
    ],
    posts: [],
    targets: [["", { room: "chat:chat-1" }]],
    names: { "chat-123": "chat-1", "user-456": "{user}", "temp-1234567890": "{id}" },
  },
  {
    name: "hyperfocus",
    title: "hyperfocus: gifts",
    subprotocol: "hyperfocus-protocol-v1",
    endpoints: [{ path: "{path}", query: { token: "{token}" } }],
    joins: [{ join: { type: "connection:init" } }],
    answers: {
      "heartbeat:ping": {
        type: "heartbeat:pong",
        payload: {
          timestamp: "{iso}",
          sequence: "{frame.payload.sequence}",
          stats: { latency: 0, memory: 0, queueSize: 0 },
        },
        timestamp: "{iso}",
        version: "1.0.0",
      },
    },
    steps: [
      {
        title: "Watch stream s1",
        say: {
          type: "connection:init",
          payload: {
            clientId: "console",
            streamId: "s1",
            clientType: "viewer",
            capabilities: ["webgl"],
            version: "1.0.0",
          },
          timestamp: "{iso}",
          version: "1.0.0",
        },
      },
      { title: "A backend gives three roses", post: gift },
    ],
    posts: [
      gift,
      {
        room: "stream:s1",
        type: "stream:status",
        data: { isLive: true, currentGoal: { type: "gifts", target: 100, description: "A hundred gifts" } },
      },
    ],
    targets: [["", { room: "stream:s1" }]],
    names: { "client-1": "console", "stream-1": "s1" },
  },
  {
    name: "atomic",
    title: "atomic: working together",
    endpoints: [
      { path: "/api/chat/ws", query: { token: "{token}", contextId: "c1" } },
      { path: "/api/analytics/ws", query: { token: "{token}", contextId: "c1" } },
      { path: "/api/collaboration/ws", query: { token: "{token}" } },
    ],
    joins: [
      { join: { type: "subscribe" }, leave: { type: "unsubscribe" } },
      { join: { type: "join_session" }, leave: { type: "leave_session" }, by: "sessionId" },
    ],
    steps: [
      {
        title: "Say hello in context c1",
        at: "/api/chat/ws",
        say: { type: "message", id: "{id}", timestamp: "{iso}", data: { content: "Hello, everyone!" } },
      },
      {
        title: "Load the history",
        at: "/api/chat/ws",
        say: { type: "history", timestamp: "{iso}", data: { limit: 50 } },
      },
      {
        title: "Subscribe to metrics",
        at: "/api/analytics/ws",
        say: {
          type: "subscribe",
          timestamp: "{iso}",
          data: { metrics: ["engagement", "activity", "performance"] },
        },
      },
      {
        title: "A backend posts one",
        at: "/api/analytics/ws",
        post: { room: "context:c1", type: "metric_update", data: { metric: "performance", value: 42 } },
      },
      {
        title: "Join session s1",
        at: "/api/collaboration/ws",
        say: { type: "join_session", timestamp: "{iso}", data: { sessionId: "s1", role: "participant" } },
      },
      {
        title: "Write into a new document",
        at: "/api/collaboration/ws",
        say: {
          type: "edit",
          id: "{id}",
          timestamp: "{iso}",
          data: { sessionId: "s1", operation: "insert", position: 0, content: "Hello. ", version: 0 },
        },
      },
    ],
    posts: [
      { room: "context:c1", type: "metric_update", data: { metric: "performance", value: 42 } },
      { room: "context:c1", type: "message", data: { content: "Class begins", author: "School" } },
    ],
    targets: [["", { room: "context:c1" }]],
    names: { "<token>": "{token}", context_123: "c1", session_123: "s1", "m-1": "{id}" },
  },
  {
    name: "discord",
    title: "discord: voice events",
    endpoints: [{ path: "/api/ws" }],
    first: { v: 1, type: "auth", token: "{token}", ts: "{now}" },
    steps: [
      { title: "A backend lets Bob join a voice channel of guild 1", post: joined },
      {
        title: "A backend lets Bob leave",
        post: {
          room: "guild:1",
          type: "voice.left",
          data: { guildId: "1", channelId: null, userId: "3" },
        },
      },
    ],
    posts: [
      joined,
      {
        room: "guild:1",
        type: "voice.left",
        data: { guildId: "1", channelId: null, userId: "3" },
      },
      {
        room: "guild:1",
        type: "room.created",
        data: { guildId: "1", channelId: "4", name: "Tea", userLimit: 4 },
      },
      { room: "guild:1", type: "room.deleted", data: { guildId: "1", channelId: "4" } },
    ],
    targets: [["", { room: "guild:1" }]],
    names: { "<token>": "{token}" },
  },
  {
    name: "diet",
    title: "diet: people and rewards",
    endpoints: [{ path: "/api/diet/ws" }],
    first: { type: "auth", token: "{token}", userId: "{user}", sessionId: "console" },
    steps: [
      {
        title: "Log a meal",
        say: ofUser("meal.logged", {
          mealId: "{id}",
          userId: "{user}",
          mealType: "breakfast",
          mealName: "Oatmeal with berries",
          calories: 320,
          loggedAt: "{iso}",
        }),
      },
      {
        title: "A backend gives a reward",
        post: reward,
      },
    ],
    posts: [reward],
    targets: [
      ["group.", { room: "group:g1" }],
      ["system.", { everyone: true }],
      ["maintenance", { everyone: true }],
      ["", { user: "{user}" }],
    ],
    names: {
      ...{ "<token>": "{token}", u1: "{user}", phone: "console", "frame-1": "{id}" },
      ...{ "dm:u1:u2": "dm:{user}:u2", "request-7": "{id}" },
    },
  },
];

/** Replaces the names of a template by their values. */
export function fill(template, values) {
  if (Array.isArray(template)) return template.map((item) => fill(item, values));
  if (typeof template === "string") {
    const [, alone] = /^\{([\w.]+)\}$/.exec(template) ?? [];
    if (alone !== undefined) return lookUp(alone, values);
    return template.replace(/\{([\w.]+)\}/g, (_, name) => String(lookUp(name, values)));
  }
  if (template === null || typeof template !== "object") return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fill(value, values)]));
}

function lookUp(name, values) {
  if (name === "now") return Date.now();
  if (name === "iso") return new Date().toISOString();
  if (name === "id") return crypto.randomUUID();
  return name.split(".").reduce((value, part) => value?.[part], values) ?? "";
}
