import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { encodeFrame } from "../support/raw-frames.ts";
import { RawSocket, upgradeRequest } from "../support/raw-socket.ts";
import { recordsOf } from "../support/records.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { makeKey, serveKeys } from "./jwks-server.ts";

/** How many frames may wait for a token to be checked. */
const MAX_WAITING = 256;

const known = await makeKey("ES256", "known");
const rotated = await makeKey("ES256", "rotated");

let clock: FakeClock;
let keys: ReturnType<typeof serveKeys>;
let server: TestServer;
/** Lets the key set's server answer those whom it keeps waiting. */
let answer: (response: Response) => void;

beforeEach(async () => {
  clock = new FakeClock();
  keys = serveKeys([known.published]);
  server = await startTestServer({ clock, env: { JWT_JWKS_URL: keys.url } });
  const late = Promise.withResolvers<Response>();
  answer = late.resolve;
  keys.answerWith(() => late.promise);
});
afterEach(async () => {
  keys.stop();
  await server.stop();
});

const tokenOf = (sub: string, { sign } = rotated) =>
  sign({
    sub,
    rooms: ["*"],
    iat: Math.floor(clock.now() / 1_000),
    exp: Math.floor(clock.now() / 1_000) + 60,
  });
const keysArrive = () => answer(Response.json({ keys: [known.published, rotated.published] }));

const frame = (type: string, data: Frame): string => JSON.stringify({ type, data, timestamp: 1 });
const say = (n: number): string => frame("message", { chatId: "c", content: `${n}`, messageId: `${n}` });

/** A peer whose token waits for the keys; with these frames in one segment with the handshake. */
async function waitingPeer(sub: string, frames: readonly string[]): Promise<RawSocket> {
  const before = keys.requests;
  const path = `/ws?token=${await tokenOf(sub)}`;
  const bytes = [Buffer.from(upgradeRequest(path)), ...frames.map((text) => encodeFrame(text))];
  const peer = await RawSocket.ask(server.port, Buffer.concat(bytes));
  expect(peer.status).toBe(101);
  clock.advance(1_000);
  await eventually(() => keys.requests > before);
  return peer;
}

describe("while the keys for a token are slow to come", () => {
  test("its frames wait, and are handled in order before those that come later", async () => {
    const peer = await waitingPeer("ada", [
      frame("chat_update", { action: "join", chatId: "c" }),
      say(1),
      say(2),
    ]);
    for (let n = 3; n <= 20; n++) peer.send(say(n));
    const other = await RawSocket.upgrade(server.port, `/ws?token=${await tokenOf("bob", known)}`);
    other.say("chat_update", { action: "join", chatId: "c" });
    expect((await other.hear("chat_update"))["data"].updates.messageCount).toBe(0);
    expect(peer.texts).toEqual([]);

    keysArrive();
    await peer.hear("chat_update");
    peer.send(say(21));
    for (let n = 1; n <= 21; n++) {
      expect((await peer.hear("message"))["data"].message.content).toBe(`${n}`);
      expect((await other.hear("message"))["data"].messageId).toBe(`${n}`);
    }
  });

  test(`${MAX_WAITING} frames may wait`, async () => {
    const peer = await waitingPeer(
      "ada",
      Array.from({ length: MAX_WAITING }, (_, n) => say(n)),
    );
    keysArrive();
    for (let n = 0; n < MAX_WAITING; n++) expect((await peer.hear("message"))["data"].messageId).toBe(`${n}`);
    expect(recordsOf(server, "refused")).toEqual([]);
  });

  test("one more ends the connection, and none of them is handled", async () => {
    const peer = await waitingPeer(
      "flood",
      Array.from({ length: MAX_WAITING + 1 }, (_, n) => say(n)),
    );
    expect(await peer.closing()).toEqual({ code: 1008, reason: "Authentication failed" });
    keysArrive();
    const other = await RawSocket.upgrade(server.port, `/ws?token=${await tokenOf("bob")}`);
    other.say("chat_update", { action: "join", chatId: "c" });
    expect((await other.hear("chat_update"))["data"].updates.messageCount).toBe(0);
    expect(recordsOf(server, "connect").map(({ userId }) => userId)).toEqual(["bob"]);
  });

  test("a connection makes no more than 1 MiB wait", async () => {
    const large = frame("message", { chatId: "c", content: "x".repeat(60_000) });
    const peer = await waitingPeer("flood", []);
    for (let sent = 0; sent < 18; sent++) peer.send(large);
    // 503 would be the keys' own time limit.
    expect((await peer.hear("error"))["data"].code).toBe(401);
    expect(await peer.closing()).toEqual({ code: 1008, reason: "Authentication failed" });
  });

  test("a peer that goes leaves nothing behind, and its frames are not handled", async () => {
    const peer = await waitingPeer("ghost", [say(1)]);
    peer.destroy();
    await eventually(() => recordsOf(server, "disconnect").length === 1);
    keysArrive();
    const other = await RawSocket.upgrade(server.port, `/ws?token=${await tokenOf("bob")}`);
    other.say("chat_update", { action: "join", chatId: "c" });
    expect((await other.hear("chat_update"))["data"].updates.messageCount).toBe(0);
    expect(recordsOf(server, "connect").map(({ userId }) => userId)).toEqual(["bob"]);
    expect((await server.http("GET", "/v1/users/ghost")).status).toBe(404);
  });

  test("a user who is revoked in the meantime is not let in", async () => {
    const peer = await waitingPeer("eve", [say(1)]);
    await server.http("DELETE", "/v1/users/eve/connections");
    keysArrive();
    expect(await peer.closing()).toMatchObject({ code: 1008 });
    expect(peer.texts).toHaveLength(1);
  });
});

describe("while the keys cannot be had", () => {
  test("a token that needs them gets a 503 and the end, and says nothing to the log", async () => {
    const token = await tokenOf("ada");
    const peer = await RawSocket.upgrade(server.port, `/ws?token=${token}`);
    clock.advance(1_000);
    answer(new Response("out of order", { status: 500 }));
    expect((await peer.hear("error"))["data"]).toEqual({ message: "Authentication unavailable", code: 503 });
    expect(await peer.closing()).toMatchObject({ code: 1008 });
    expect(recordsOf(server, "refused")).toEqual([expect.objectContaining({ reason: "unavailable" })]);
    for (const part of token.split(".")) expect(server.lines.join("")).not.toContain(part);
  });

  test("a token of a key that is known is let in all the same", async () => {
    keys.stop();
    const peer = await RawSocket.upgrade(server.port, `/ws?token=${await tokenOf("ada", known)}`);
    peer.say("ping", {});
    await peer.hear("pong");
  });
});
