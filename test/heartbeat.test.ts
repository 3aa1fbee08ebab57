import { expect, test } from "bun:test";
import { makeKey, serveKeys } from "./auth/jwks-server.ts";
import { FakeClock } from "./support/fake-clock.ts";
import { BINARY, PING, PONG } from "./support/raw-frames.ts";
import { type RawOptions, RawSocket } from "./support/raw-socket.ts";
import { endingsOf, recordsOf } from "./support/records.ts";
import { startTestServer, stopAfterAll } from "./support/server.ts";

const INTERVAL = 1_000;
/** How often the server looks after its connections. */
const STEP = 250;

const clock = new FakeClock();
const server = stopAfterAll(
  await startTestServer({ clock, env: { HEARTBEAT_INTERVAL_MS: String(INTERVAL) } }),
);

async function connect(userId: string, options: RawOptions = {}, ttl = "1h"): Promise<RawSocket> {
  return RawSocket.upgrade(server.port, `/ws?token=${await server.token(userId, { ttl })}`, options);
}

/** Shows that all that the server has done so far is there: its answer comes after it. */
async function catchUp(peer: RawSocket): Promise<void> {
  peer.say("ping", {});
  await peer.hear("pong");
}

const SILENT = { code: 1008, reason: "Heartbeat timeout" };

test("a peer that stays silent is closed after two intervals, though it is sent to all the time", async () => {
  const silent = await connect("silent", { answersPings: false });
  silent.say("chat_update", { action: "join", chatId: "busy" });
  await silent.hear("chat_update");
  const speaker = await connect("speaker");
  for (let passed = 0; passed < 2 * INTERVAL; passed += STEP) {
    clock.advance(STEP);
    speaker.say("message", { chatId: "busy", content: "and on it goes" });
    await speaker.hear("message");
    await silent.hear("message");
  }
  expect(silent.frames.some(({ opcode }) => opcode === PING)).toBe(true);
  expect(endingsOf(server, "silent")).toEqual([]);

  clock.advance(STEP);
  expect(endingsOf(server, "silent")).toEqual([SILENT]);
  expect(await silent.closing()).toEqual(SILENT);
  await catchUp(speaker);
});

test("a peer that answers pings and says nothing else stays", async () => {
  const silent = await connect("silent-2", { answersPings: false });
  const lurker = await connect("lurker");
  const speaker = await connect("speaker-2");
  while (endingsOf(server, "silent-2").length === 0) {
    clock.advance(STEP);
    await catchUp(speaker);
  }
  for (let passed = 0; passed < 5 * INTERVAL; passed += STEP) {
    clock.advance(STEP);
    await catchUp(speaker);
  }
  expect(endingsOf(server, "lurker")).toEqual([]);
  await catchUp(lurker);
  expect(await silent.closing()).toEqual(SILENT);
});

test("a ping, a pong that nobody asked for and a frame that makes no sense are signs of life", async () => {
  const speaker = await connect("speaker-3");
  const signs = { pings: PING, pongs: PONG, nonsense: BINARY };
  const peers = await Promise.all(
    Object.entries(signs).map(async ([userId, opcode]) => {
      return { userId, opcode, peer: await connect(userId, { answersPings: false }) };
    }),
  );
  for (let passed = 0; passed < 5 * INTERVAL; passed += STEP) {
    for (const { opcode, peer } of peers) peer.send("", { opcode });
    await catchUp(speaker);
    clock.advance(STEP);
  }
  for (const { userId, peer } of peers) {
    await catchUp(peer);
    expect(endingsOf(server, userId)).toEqual([]);
  }
});

test("pings come once an interval", async () => {
  const peer = await connect("pinged");
  const times: number[] = [];
  for (let passed = 0; passed < 6 * INTERVAL; passed += STEP) {
    clock.advance(STEP);
    await catchUp(peer);
    const pings = peer.frames.filter(({ opcode }) => opcode === PING).length;
    if (pings > times.length) times.push(clock.now());
    expect(pings).toBe(times.length);
  }
  expect(times.length).toBeGreaterThanOrEqual(5);
  expect(times.slice(1).map((time, at) => time - times[at]!)).toEqual(times.slice(1).map(() => INTERVAL));
});

test("a token that runs out ends its connection, also one that says nothing", async () => {
  const peer = await connect("short", {}, "3s");
  const speaker = await connect("speaker-4");
  const begun = clock.now();
  while (endingsOf(server, "short").length === 0) {
    clock.advance(STEP);
    await catchUp(speaker);
  }
  expect(clock.now() - begun).toBeGreaterThanOrEqual(2_000);
  expect(clock.now() - begun).toBeLessThanOrEqual(3_000 + STEP);
  expect((await peer.hear("error"))["data"]).toEqual({ message: "Session expired", code: 401 });
  expect(await peer.closing()).toEqual({ code: 4004, reason: "Session expired" });
});

test("a token that cannot be checked in time ends its connection", async () => {
  const known = await makeKey("ES256", "known");
  const unknown = await makeKey("ES256", "unknown");
  const keys = serveKeys([known.published]);
  const time = new FakeClock();
  const slow = await startTestServer({
    clock: time,
    env: { JWT_JWKS_URL: keys.url, AUTH_TIMEOUT_MS: "2000" },
  });
  try {
    keys.answerWith(() => new Promise(() => {}));
    const token = await unknown.sign({ sub: "ada", exp: Math.floor(time.now() / 1_000) + 60 });
    const peer = await RawSocket.upgrade(slow.port, `/ws?token=${token}`);
    expect(peer.status).toBe(101);
    time.advance(1_750);
    expect(recordsOf(slow, "disconnect")).toEqual([]);
    time.advance(500);
    expect((await peer.hear("error"))["data"]).toEqual({ message: "Authentication timeout", code: 401 });
    expect(await peer.closing()).toEqual({ code: 4001, reason: "Authentication timeout" });
  } finally {
    keys.stop();
    await slow.stop();
  }
});

test.each([
  ["a clock that is set forward", () => clock.set(600_000)],
  ["a clock that is set back", () => clock.set(-600_000)],
  ["a machine that slept", () => clock.jump(600_000)],
])("%s closes no living peer, and silent ones all the same", async (what, happens) => {
  const names = { alive: what.replaceAll(" ", "-"), silent: what.replaceAll(" ", "_") };
  const alive = await connect(names.alive);
  const silent = await connect(names.silent, { answersPings: false });
  await Promise.all([catchUp(alive), catchUp(silent)]);
  happens();
  // Before the server looks after anybody.
  await catchUp(alive);
  for (let passed = 0; passed <= 3 * INTERVAL; passed += STEP) {
    clock.advance(STEP);
    await catchUp(alive);
  }
  expect(endingsOf(server, names.alive)).toEqual([]);
  expect(endingsOf(server, names.silent)).toEqual([SILENT]);
  expect(await silent.closing()).toEqual(SILENT);
  expect(silent.frames.some(({ opcode }) => opcode === PING)).toBe(true);
});
