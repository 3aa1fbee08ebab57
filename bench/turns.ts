/**
 * `bun bench/turns.ts [--rooms 500] [--turn 64] [--rounds 60] [--synchronous NORMAL]`: what a message costs inside the
 * server, without sockets and kernel: the real core and store, a database file of its own, turns of the given number of messages.
 * Other processes only ever make a round dearer, so the least of many short rounds is the figure.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readConfig } from "../src/config.ts";
import { createCore } from "../src/core/core.ts";
import { Connection } from "../src/core/outbound/connection.ts";
import { systemClock } from "../src/core/ports/clock.ts";
import type { Socket } from "../src/core/ports/socket.ts";
import { Refusal } from "../src/core/protocol/refusal.ts";
import { protocols } from "../src/protocols/all.ts";
import { openStorage } from "../src/storage/open.ts";

const { values } = parseArgs({
  options: {
    rooms: { type: "string", default: "500" },
    turn: { type: "string", default: "64" },
    rounds: { type: "string", default: "60" },
    messages: { type: "string", default: "4000" },
    synchronous: { type: "string", default: "NORMAL" },
  },
});
const { rooms, turn, rounds, messages } = {
  rooms: Number(values.rooms),
  turn: Number(values.turn),
  rounds: Number(values.rounds),
  messages: Number(values.messages),
};
const CONTENT = "Shall we meet by the river at seven, or is that too late for you? ".repeat(4).slice(0, 200);

const directory = mkdtempSync(join(tmpdir(), "switchboard-turns-"));
const config = readConfig({
  DATABASE_URL: `file:${join(directory, "turns.db")}`,
  SQLITE_SYNCHRONOUS: values.synchronous,
  JWT_SECRET: "not used here, but long enough to be one",
});
const report = (error: unknown, context: Record<string, unknown>) => {
  console.error(context, error);
  process.exit(1);
};
const storage = openStorage(config, systemClock, report, () => {});
let published = 0;
const core = createCore({
  ...{
    clock: systemClock,
    protocols: Object.values(protocols),
    report,
    store: storage.store,
    people: storage.people,
  },
  agent: { answer: () => Promise.reject(new Error("nobody is asked")) },
  verifier: {
    verify: async (token) => ({
      ...{ userId: token, roles: [], grants: ["*"], issuedAt: 0, claims: {} },
      expiresAt: Number.MAX_SAFE_INTEGER,
    }),
  },
  settings: {
    path: config.WS_PATH,
    authMs: undefined,
    heartbeatMs: undefined,
    maxContentLength: config.MAX_CONTENT_LENGTH,
    maxFrameBytes: Math.floor(config.MAX_BUFFERED_BYTES * 0.75),
    batchMs: config.BATCH_INTERVAL_MS,
    maxGiftsPerSecond: 0,
    connectionsPerMinute: 0,
    messagesPerMinute: 0,
    encryption: { rotationMs: 1e9, compression: false, maxPlainBytes: config.MAX_MESSAGE_BYTES },
  },
  limits: {
    messagesPerMinute: 1_000_000,
    burst: 1_000_000,
    broadcastsPerMinute: 0,
    connectionsPerUser: 0,
    bufferedBytes: config.MAX_BUFFERED_BYTES,
    messageBytes: config.MAX_MESSAGE_BYTES,
    resumedEvents: 0,
  },
  dedup: { maxBytes: config.DEDUP_MEMORY, scratch: storage.scratch },
  publisher: () => ({
    publish: () => ++published,
    subscriberCount: () => 0,
  }),
  note: () => {},
});

const socket: Socket = {
  send(frame) {
    if (frame.startsWith('{"type":"error"')) report(new Refusal("internal"), { frame });
    return 1;
  },
  close: (code, reason) => report(new Error("closed"), { code, reason }),
  terminate() {},
  ping: () => 0,
  subscribe() {},
  unsubscribe() {},
  publish: () => 1,
  getBufferedAmount: () => 0,
};
const gurukul = core.protocols.find(({ name }) => name === "gurukul")!;
const connections = Array.from({ length: rooms }, (_, index) => {
  const url = new URL("ws://localhost/ws?token=x");
  const connection = new Connection(
    `c-${index}`,
    gurukul,
    gurukul.open(url),
    "127.0.0.1",
    Date.now(),
    core.spent,
  );
  core.connections.opened(connection, socket, `user-${index}`);
  return connection;
});
await Bun.sleep(100);

/** As they come from a socket: a string of its own each. */
function frame(index: number, message: unknown): string {
  const sent = { ...{ type: "message", data: message }, timestamp: Date.now(), messageId: `m-${index}` };
  return Buffer.from(JSON.stringify(sent)).toString();
}
for (const [index, connection] of connections.entries()) {
  const join = { type: "chat_update", data: { action: "join", chatId: `room-${index}` }, timestamp: 1 };
  core.connections.received(connection, JSON.stringify(join));
}
core.turns.end();

let sent = 0;
const figures: number[] = [];
for (let round = 0; round < rounds + 10; round++) {
  const frames = Array.from({ length: messages }, (_, at) => {
    const messageId = String(sent + at).padStart(9, "0");
    return frame(sent + at, { chatId: `room-${(sent + at) % rooms}`, content: CONTENT, messageId });
  });
  await Bun.sleep(5);
  const before = process.cpuUsage();
  for (let at = 0; at < messages; at++) {
    core.connections.received(connections[(sent + at) % rooms]!, frames[at]!);
    if ((at + 1) % turn === 0) core.turns.end();
  }
  core.turns.end();
  const { user, system } = process.cpuUsage(before);
  if (round >= 10) figures.push((user + system) / messages);
  sent += messages;
}
if (published < sent) report(new Error("messages are missing"), { published, sent });
figures.sort((a, b) => a - b);
const at = (share: number) => figures[Math.floor(figures.length * share)]!.toFixed(2);
console.log(
  `${values.synchronous}, ${rooms} rooms, ${turn} a turn: least ${at(0)}, quarter ${at(0.25)}, median ${at(0.5)} µs`,
);
await storage.close();
rmSync(directory, { recursive: true });
