import { afterEach, expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { failWrites } from "../support/failing-writes.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { encodeFrame } from "../support/raw-frames.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "../support/server.ts";
import { comeBack, join, post, postLong, resumed, textOf, until } from "./stage.ts";

// What happens while somebody is being told what they have missed.

let server: TestServer;
let peers: RawSocket[] = [];
afterEach(async () => {
  for (const peer of peers) peer.destroy();
  peers = [];
  await server.stop();
});
const start = async (options: TestServerOptions = {}): Promise<void> => {
  server = await startTestServer({ ...options, env: { MAX_BUFFERED_BYTES: "262144", ...options.env } });
};

async function slowReader(resume: string): Promise<RawSocket> {
  const query = `token=${await server.token("ada", { ttl: "7d" })}&resume=${encodeURIComponent(resume)}`;
  const peer = await RawSocket.upgrade(server.port, `/ws?${query}`);
  expect(peer.status).toBe(101);
  peers.push(peer);
  peer.pause();
  return peer;
}
const together = (peer: RawSocket, frames: readonly Frame[]): void =>
  peer.write(Buffer.concat(frames.map((frame) => encodeFrame(JSON.stringify(frame)))));
/** Its buffers are full: more is on its way to it than the kernel takes. */
const isHeld = async (): Promise<boolean> => {
  const { connections } = (await (await server.http("GET", "/v1/connections")).json()) as Frame;
  return connections.some(({ unsentBytes }: Frame) => unsentBytes > 0);
};
async function texts(peer: RawSocket, last: string): Promise<string[]> {
  const heard: string[] = [];
  while (heard.at(-1) !== last) heard.push(textOf(await peer.hear("message")).split(" ")[0] ?? "");
  return heard;
}
/** Messages of 27 KB that do not fit into the buffers of a reader that has stopped. */
const LONG = 180;
const names = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => `m${from + n}`);

test("a slow reader is not closed for its own past, and others are served", async () => {
  await start();
  await postLong(server, "long", LONG);
  const peer = await slowReader("chat:long@0");
  peer.say("chat_update", join("long"));
  await eventually(isHeld);
  const bob = await server.chat("bob");
  await bob.join("other");
  bob.say("message", { chatId: "other", content: "in between", messageId: "b-1" });
  expect(textOf(await bob.next("message"))).toBe("in between");
  await post(server, "long", LONG + 1, LONG + 1);
  peer.resume();
  expect(await texts(peer, `m${LONG + 1}`)).toEqual(names(1, LONG + 1));
  expect(peer.isEnded).toBe(false);
});

test("so is one that resumes many rooms at once", async () => {
  await start();
  const chats = Array.from({ length: 12 }, (_, n) => `many-${n}`);
  for (const chatId of chats) await postLong(server, chatId, 15);
  const peer = await slowReader(chats.map((chatId) => `chat:${chatId}@0`).join());
  together(
    peer,
    chats.map((chatId) => ({ type: "chat_update", data: join(chatId), timestamp: 1 })),
  );
  await eventually(isHeld);
  peer.resume();
  const heard = new Map<string, number[]>();
  for (let n = 0; n < 12 * 15; n++) {
    const { room, offset } = await peer.hear("message");
    heard.set(room, [...(heard.get(room) ?? []), offset]);
  }
  const all = Array.from({ length: 15 }, (_, n) => n + 1);
  for (const chatId of chats) expect(heard.get(`chat:${chatId}`)).toEqual(all);
});

test("a room that is removed meanwhile: a second verdict, and the room that is made since", async () => {
  await start();
  await postLong(server, "gone", LONG);
  const peer = await slowReader("chat:gone@0");
  peer.say("chat_update", join("gone"));
  await eventually(isHeld);
  expect((await server.http("DELETE", "/v1/rooms/chat:gone")).status).toBe(204);
  await post(server, "gone", 501, 502);
  peer.resume();
  expect((await peer.hear("resumed"))["data"]).toMatchObject({ complete: true, until: LONG });
  const { data } = await peer.hear("resumed");
  expect(data).toEqual({
    room: "chat:gone",
    after: LONG + 1,
    until: LONG + 3,
    complete: false,
    reason: "removed",
  });
  expect(await texts(peer, "m502")).toEqual(["m501", "m502"]);
  await post(server, "gone", 503, 503);
  expect(await texts(peer, "m503")).toEqual(["m503"]);
});

test("retention removes meanwhile what was not told yet: a second verdict, and what is kept", async () => {
  const clock = new FakeClock();
  await start({ clock, env: { HISTORY_RETENTION_DAYS: "1", HEARTBEAT_INTERVAL_MS: "86400000" } });
  await postLong(server, "old", LONG);
  const peer = await slowReader("chat:old@0");
  peer.say("chat_update", join("old"));
  await eventually(isHeld);
  clock.skip(86_400_000 * 0.9);
  clock.advance(1_000);
  await post(server, "old", LONG + 1, LONG + 2);
  clock.skip(86_400_000 * 0.5);
  for (let n = 0; n < 10; n++) clock.advance(1_000);
  peer.resume();
  const timer = setInterval(() => clock.advance(10), 1);
  try {
    expect((await peer.hear("resumed"))["data"]).toMatchObject({ complete: true });
    const { data } = await peer.hear("resumed");
    expect(data).toEqual({
      room: "chat:old",
      after: LONG,
      until: LONG + 2,
      complete: false,
      reason: "expired",
    });
    expect(await texts(peer, `m${LONG + 2}`)).toEqual(names(LONG + 1, LONG + 2));
  } finally {
    clearInterval(timer);
  }
});

test("a join whose turn cannot be stored is refused, and the next one brings what was missed", async () => {
  await start();
  await post(server, "trouble", 1, 2);
  const frames = (content: string) => [
    { type: "message", data: { chatId: "trouble", content, messageId: content }, timestamp: 1 },
    { type: "chat_update", data: join("trouble"), timestamp: 1 },
  ];
  const peer = await slowReader("chat:trouble@1");
  peer.resume();
  using trouble = failWrites(server, "events");
  together(peer, frames("never"));
  expect((await peer.hear("error"))["data"].code).toBe(500);
  expect((await peer.hear("error"))["data"].code).toBe(500);
  trouble.mend();
  // What was read within the turn that failed is told to nobody.
  await post(server, "trouble", 3, 3);
  const bob = await comeBack(server, "chat:trouble@1");
  await bob.join("trouble");
  expect((await until(bob, "m3")).map(textOf)).toEqual(["m2", "m3"]);
  peer.say("chat_update", join("trouble"));
  expect((await peer.hear("resumed"))["data"]).toMatchObject({ after: 1, until: 3, complete: true });
  expect(await texts(peer, "m3")).toEqual(["m2", "m3"]);
  expect(peer.texts.filter(({ type }) => type === "resumed")).toHaveLength(1);
});

test("a second join meanwhile brings no history: everything missed comes once, in its place, and then what is new", async () => {
  await start();
  await postLong(server, "again", LONG);
  const peer = await slowReader("chat:again@0");
  const joining = { type: "chat_update", data: join("again"), timestamp: 1 };
  together(peer, [joining, joining]);
  await eventually(isHeld);
  await post(server, "again", LONG + 1, LONG + 1);
  peer.resume();
  expect(await texts(peer, `m${LONG + 1}`)).toEqual(names(1, LONG + 1));
  expect(peer.texts.filter(({ type }) => type === "batch")).toHaveLength(0);
  const placed = peer.texts.filter(({ type }) => type === "placed").map(({ data }) => data.room);
  expect(placed).not.toContain("chat:again");
});

test("who loses access meanwhile hears no more of the room", async () => {
  await start();
  await postLong(server, "closed", LONG);
  const path = "/v1/rooms/chat:closed/members/ada";
  expect((await server.http("PUT", path, {})).status).toBe(200);
  const query = `token=${await server.token("ada", { rooms: [] })}&resume=${encodeURIComponent("chat:closed@0")}`;
  const peer = await RawSocket.upgrade(server.port, `/ws?${query}`);
  peers.push(peer);
  peer.pause();
  peer.say("chat_update", join("closed"));
  await eventually(isHeld);
  await server.http("DELETE", path);
  peer.resume();
  expect((await peer.hear("error"))["data"].code).toBe(403);
  peer.say("ping", {});
  await peer.hear("pong");
  expect(peer.texts.filter(({ type }) => type === "message").length).toBeLessThan(LONG);
  expect(
    peer.texts.slice(peer.texts.findIndex(({ type }) => type === "error") + 1).map(({ type }) => type),
  ).toEqual(["pong"]);
});

test("a message that is taken back is told without its text at once", async () => {
  await start();
  await post(server, "secret", 1, 2);
  const first = await comeBack(server, "chat:secret@0");
  await first.join("secret");
  const [{ data }] = (await until(first, "m2")) as [Frame];
  const redacted = await server.http("DELETE", `/v1/rooms/chat:secret/messages/${data.message.id}`);
  expect(redacted.status).toBeLessThan(300);
  const second = await comeBack(server, "chat:secret@0");
  await second.join("secret");
  expect((await second.next(resumed))["data"]).toMatchObject({ complete: true });
  expect((await until(second, "m2")).map(textOf)).toEqual(["", "m2"]);
});
