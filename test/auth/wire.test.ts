import { describe, expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { endingsOf, recordsOf } from "../support/records.ts";
import { SECRET, startTestServer, stopAfterAll } from "../support/server.ts";
import { forge, segment } from "./forge.ts";

const server = stopAfterAll(await startTestServer({ env: { MAX_CONNECTIONS_PER_USER: "2" } }));

const HS256 = { alg: "HS256", typ: "JWT" };
const inAnHour = Math.floor(Date.now() / 1_000) + 3_600;
const claims = { sub: "eve", rooms: ["*"], exp: inAnHour };

describe("the upgrade succeeds, then comes one error, then the end, for", () => {
  const queries: Record<string, string> = {
    "no token": "",
    "an empty token": "?token=",
    "a token under another name": `?jwt=${forge(HS256, claims, SECRET)}`,
    garbage: "?token=garbage",
    "three dots": "?token=...",
    "percent signs": "?token=%00%ff%",
    "a token of no algorithm": `?token=${segment({ alg: "none" })}.${segment(claims)}.`,
    "a token that claims no algorithm and is signed": `?token=${forge({ alg: "none" }, claims, SECRET)}`,
    "a token of another secret": `?token=${forge(HS256, claims, "another secret, long enough to be one")}`,
    "a token that has run out": `?token=${forge(HS256, { ...claims, exp: inAnHour - 7_200 }, SECRET)}`,
    "a token that never runs out": `?token=${forge(HS256, { sub: "eve", rooms: ["*"] }, SECRET)}`,
    "a token of nobody": `?token=${forge(HS256, { exp: inAnHour, rooms: ["*"] }, SECRET)}`,
    "a token with a bad user id": `?token=${forge(HS256, { ...claims, sub: "e v e" }, SECRET)}`,
    "a token without its signature": `?token=${forge(HS256, claims, SECRET).replace(/[^.]*$/, "")}`,
  };

  test.each(Object.entries(queries))("%s", async (_, query) => {
    const refusals = recordsOf(server, "refused").length;
    const peer = await RawSocket.upgrade(server.port, `/ws${query}`);
    expect(peer.status).toBe(101);
    expect(await peer.closing()).toEqual({ code: 1008, reason: "Authentication failed" });
    expect(peer.texts).toEqual([
      {
        type: "error",
        data: { message: "Authentication failed", code: 401 },
        timestamp: expect.any(Number),
      },
    ]);
    expect(recordsOf(server, "refused").slice(refusals)).toEqual([
      expect.objectContaining({ reason: "unauthenticated", address: "127.0.0.1", protocol: "gurukul" }),
    ]);
  });

  test("none of which leaves a trace of the token in the log", async () => {
    const log = server.lines.join("");
    const tokens = Object.values(queries).map((query) => query.replace(/^\?\w+=?/, ""));
    for (const part of tokens.flatMap((token) => token.split("."))) {
      if (part.length > 6) expect(log).not.toContain(part);
    }
    expect(log).not.toContain("token=");
  });
});

test("what comes with the handshake and after it is not heard when the token is bad", async () => {
  const ada = await server.chat("ada");
  await ada.join("c");
  const peer = await RawSocket.upgrade(server.port, `/ws?token=${forge(HS256, claims, "no secret")}`);
  peer.say("message", { chatId: "c", content: "let me in" });
  await peer.ended;
  expect(await ada.drain()).toEqual([]);
  ada.close();
  await ada.closed;
});

test("of connections at once a user keeps as many as he may have, and the others hear why", async () => {
  const path = `/ws?token=${await server.token("bob")}`;
  const peers = await Promise.all(Array.from({ length: 5 }, () => RawSocket.upgrade(server.port, path)));
  const isIn = async (peer: RawSocket): Promise<boolean> => {
    peer.say("ping", {});
    return peer.hear("pong").then(
      () => true,
      () => false,
    );
  };
  const inside = await Promise.all(peers.map(isIn));
  expect(inside.filter(Boolean)).toHaveLength(2);
  const outside = peers.filter((_, at) => !inside[at]);
  for (const peer of outside) {
    expect(peer.texts).toMatchObject([
      { type: "error", data: { message: "Connection limit exceeded", code: 429 } },
    ]);
    expect(await peer.closing()).toEqual({ code: 4008, reason: "Connection limit exceeded" });
  }
  expect(await isIn(await RawSocket.upgrade(server.port, `/ws?token=${await server.token("cid")}`))).toBe(
    true,
  );

  peers.find((_, at) => inside[at])?.destroy();
  await eventually(() => endingsOf(server, "bob").length === 1);
  expect(await isIn(await RawSocket.upgrade(server.port, path))).toBe(true);
  expect(await isIn(await RawSocket.upgrade(server.port, path))).toBe(false);
});
