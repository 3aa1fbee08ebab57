import { Database } from "bun:sqlite";
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type ChildServer, databaseOf, startChild } from "./support/child.ts";
import type { Frame, TestClient } from "./support/client.ts";
import { Insistent } from "./support/insistent.ts";

const ROUNDS = 5;
const CHATS = ["c-1", "c-2", "c-3"];

// Three seconds where nobody else wants the processor.
setDefaultTimeout(60_000);

const directories: string[] = [];
const servers: ChildServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.kill()));
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "durability-"));
  directories.push(directory);
  return directory;
}

async function start(directory: string): Promise<ChildServer> {
  const server = await startChild({ directory });
  servers.push(server);
  return server;
}

async function listen(server: ChildServer, chatId: string): Promise<TestClient> {
  const listener = await server.chat(`listener of ${chatId}`.replaceAll(" ", "-"));
  await listener.join(chatId);
  return listener;
}

interface Row {
  chatId: string;
  offset: number;
  count: number;
  sender: string;
  clientId: string;
  time: number;
  body: string;
}

/** What a server that is gone has left behind, by chat, in the order of offsets. */
function look(directory: string) {
  using database = new Database(databaseOf(directory));
  const rows = database
    .query<Row, []>(
      `select substr(name, 6) chatId, offset, count, sender, client_id clientId, time, body
       from events join rooms on rooms.id = events.room_id order by room_id, offset`,
    )
    .all();
  const receipts = database
    .query<{ offset: number; chatId: string; userId: string }, []>(
      `select offset, substr(name, 6) chatId, user_id userId
       from receipts join rooms on rooms.id = receipts.room_id`,
    )
    .all();
  return { chats: Map.groupBy(rows, (row) => row.chatId), receipts };
}

const frameOf = ({ body, time }: Row): string => `{"type":"message","data":${body},"timestamp":${time}}`;
const idOf = ({ body }: Row): string => JSON.parse(body).message.id;
/** Of all messages in these frames, those in batches too. */
const idsOf = (frames: readonly Frame[]): string[] =>
  frames
    .flatMap((frame): Frame[] => (frame["type"] === "batch" ? frame["data"].messages : [frame]))
    .filter((frame) => frame["type"] === "message")
    .map((frame) => frame["data"].message.id);

test("whenever the server is killed, what it confirmed is there once, in order, and nothing is there twice", async () => {
  const seed = Number(process.env["DURABILITY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`DURABILITY_SEED=${seed}`);
  const moments = fc.sample(fc.integer({ min: 50, max: 2_500 }), { seed, numRuns: ROUNDS });
  const directory = newDirectory();
  let left = 0;
  let kill = () => {};
  const confirmed = () => {
    if (--left === 0) kill();
  };
  const clients = CHATS.flatMap((chatId, n) => [
    new Insistent(`u-${n}-a`, [chatId, CHATS[(n + 1) % CHATS.length]!], confirmed),
    new Insistent(`u-${n}-b`, [chatId], confirmed),
  ]);
  const listeners: { chatId: string; listener: TestClient }[] = [];

  for (const moment of moments) {
    const server = await start(directory);
    const here = await Promise.all(
      CHATS.map(async (chatId) => ({ chatId, listener: await listen(server, chatId) })),
    );
    listeners.push(...here);
    const killed = new Promise<void>((resolve) => {
      left = moment;
      kill = () => resolve(server.kill());
    });
    await Promise.all(clients.map(async (client) => client.comeBack(await server.url(client.userId))));
    await killed;
    await Promise.all(here.map(({ listener }) => listener.closed));
  }
  const last = await start(directory);
  await Promise.all(clients.map(async (client) => client.comeBack(await last.url(client.userId))));
  await Promise.all(clients.map((client) => client.rest()));
  await last.kill();

  const { chats, receipts } = look(directory);
  const rows = [...chats.values()].flat();
  const stored = new Map(rows.map((row) => [row.clientId, frameOf(row)]));
  const promised = new Map(clients.flatMap((client) => [...client.confirmed]));
  expect(promised.size).toBeGreaterThanOrEqual(moments.reduce((sum, moment) => sum + moment) / 2);
  expect(stored).toEqual(promised);
  expect(rows).toHaveLength(promised.size);
  expect(clients.flatMap((client) => client.contradicted)).toEqual([]);
  for (const chat of chats.values()) {
    expect(chat.map((row) => row.offset)).toEqual(chat.map((_, index) => index + 1));
    expect(chat.map((row) => row.count)).toEqual(chat.map((row) => row.offset));
    for (const own of Map.groupBy(chat, (row) => row.sender).values()) {
      const numbers = own.map((row) => Number(row.clientId.split("-").at(-1)));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }
  }

  const offsets = new Map(rows.map((row) => [idOf(row), row.offset]));
  const receiptsStored = new Set(receipts.map((row) => `${row.userId} ${row.chatId} ${row.offset}`));
  const chatOfId = new Map(rows.map((row) => [idOf(row), row.chatId]));
  const read = clients.flatMap((client) => Array.from(client.read, (id) => ({ id, by: client.userId })));
  expect(read).not.toHaveLength(0);
  for (const { id, by } of read)
    expect(receiptsStored).toContain(`${by} ${chatOfId.get(id)} ${offsets.get(id)}`);

  // A client that only listened got, from its first page of history to the kill, every message in its order.
  for (const { chatId, listener } of listeners) {
    const heard = idsOf(listener.frames);
    if (heard.length === 0) continue; // Killed before anybody had spoken here.
    const ids = (chats.get(chatId) ?? []).map(idOf);
    const from = ids.indexOf(heard[0]!);
    expect(heard).toEqual(ids.slice(from, from + heard.length));
  }

  const after = await start(directory);
  for (const chatId of CHATS) {
    const reader = await after.chat("reader");
    const update = await reader.join(chatId);
    const chat = chats.get(chatId)!;
    expect(update["data"].updates.messageCount).toBe(chat.length);
    expect(idsOf([await reader.next("batch")])).toEqual(chat.slice(-50).map(idOf));
  }
});

test("a repeat of what was confirmed before the kill is confirmed with the same frame, and nobody else gets it", async () => {
  const directory = newDirectory();
  const before = await start(directory);
  const message = { chatId: "c-1", content: "Once", messageId: "m-1" };
  const ada = await before.chat("ada");
  await ada.join("c-1");
  ada.say("message", message);
  const confirmation = await rawNext(ada);
  await before.kill();

  const after = await start(directory);
  const [again, listener] = await Promise.all([after.chat("ada"), listen(after, "c-1")]);
  again.say("message", message);
  expect(await rawNext(again)).toBe(confirmation);
  again.say("message", { ...message, messageId: "m-2", content: "Twice" });
  expect((await listener.next("message"))["data"].message.content).toBe("Twice");
  // Its page of history has the one, the other came live.
  expect(idsOf(listener.frames)).toHaveLength(2);
  await after.kill();
  expect(
    look(directory)
      .chats.get("c-1")
      ?.map((row) => [row.offset, row.clientId]),
  ).toEqual([
    [1, "m-1"],
    [2, "m-2"],
  ]);
});

/** The next frame that is a message, as it came over the wire. */
const rawNext = (client: TestClient): Promise<string> =>
  new Promise((resolve) => {
    client.socket.addEventListener("message", function once({ data }) {
      if (JSON.parse(String(data)).type !== "message") return;
      client.socket.removeEventListener("message", once);
      resolve(String(data));
    });
  });
