import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { JWTPayload } from "jose";
import { createTokenVerifier, type TokenVerifierOptions } from "../../src/auth/tokens.ts";
import { secret, sign } from "./hs256.ts";
import { JumpingClock } from "./jumping-clock.ts";
import { serveKeys } from "./jwks-server.ts";
import { ec, ed, rsa, stranger } from "./keys.ts";
import { rejection } from "./rejection.ts";

const unauthenticated = { reason: "unauthenticated", message: "Authentication failed" };
const unavailable = { reason: "unavailable", message: "Authentication unavailable" };

let server: ReturnType<typeof serveKeys>;
let clock: JumpingClock;
let fetchedAt: number[];
let good: JWTPayload;

beforeEach(() => {
  clock = new JumpingClock();
  fetchedAt = [];
  server = serveKeys([rsa.published, ec.published, ed.published], () => fetchedAt.push(clock.now()));
  good = { sub: "ada", exp: clock.time / 1_000 + 86_400 };
});
afterEach(() => server.stop());

const remote = (more: Partial<TokenVerifierOptions> = {}) =>
  createTokenVerifier({ jwksUrl: server.url, clock, ...more });

describe("when keys rotate", () => {
  test("a token of the new key is accepted at once, if the set is older than a second", async () => {
    const verifier = remote();
    await verifier.verify(await rsa.sign(good));
    server.publish([stranger.published]);
    clock.time += 1_000;
    expect((await verifier.verify(await stranger.sign(good))).userId).toBe("ada");
    expect(clock.waits).toEqual([]);
  });

  test("a token of the new key waits for the next fetch, a second after the last", async () => {
    const verifier = remote();
    await verifier.verify(await rsa.sign(good));
    server.publish([stranger.published]);
    clock.time += 300;
    expect((await verifier.verify(await stranger.sign(good))).userId).toBe("ada");
    expect(clock.waits).toEqual([700]);
    expect(await rejection(verifier.verify(await rsa.sign(good)))).toMatchObject(unauthenticated);
  });

  test("a token of the new key is accepted though a fetch was under way that did not see that key", async () => {
    const verifier = remote();
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    server.answerWith(async () => {
      asked.resolve();
      await answer.promise;
      server.recover();
      return Response.json({ keys: [rsa.published] });
    });
    const prefetched = verifier.prefetch();
    await asked.promise;
    server.publish([stranger.published]);
    const verified = verifier.verify(await stranger.sign(good));
    answer.resolve();
    await prefetched;
    expect((await verified).userId).toBe("ada");
    expect(server.requests).toBe(2);
  });

  test("a clock that is set back does not keep the new key out", async () => {
    const verifier = remote();
    await verifier.prefetch();
    clock.time -= 3_600_000;
    server.publish([stranger.published]);
    expect((await verifier.verify(await stranger.sign(good))).userId).toBe("ada");
    expect(clock.waits).toEqual([1_000]);
  });

  test("tokens with unknown keys cause at most one fetch a second, also while fetching fails", async () => {
    const verifier = remote();
    await verifier.prefetch();
    const flood = async (size: number) => {
      const tokens = await Promise.all(
        Array.from({ length: size }, (_, index) => stranger.sign(good, { kid: `unknown-${index}` })),
      );
      return Promise.all(tokens.map((token) => rejection(verifier.verify(token))));
    };
    for (const refused of await flood(100)) expect(refused).toMatchObject(unauthenticated);
    expect(server.requests).toBe(2);
    server.answerWith(() => new Response("down", { status: 503 }));
    for (let round = 0; round < 5; round++) {
      for (const refused of await flood(20)) expect(refused).toMatchObject(unavailable);
    }
    expect(server.requests).toBe(7);
    const gaps = fetchedAt.slice(1).map((time, index) => time - (fetchedAt[index] ?? 0));
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(1_000);
  });

  test("tokens of known keys are accepted meanwhile, without waiting", async () => {
    const verifier = remote();
    await verifier.prefetch();
    const hang = Promise.withResolvers<Response>();
    const asked = Promise.withResolvers<void>();
    server.answerWith(() => {
      asked.resolve();
      return hang.promise;
    });
    const unknown = rejection(verifier.verify(await stranger.sign(good)));
    await asked.promise;
    expect((await verifier.verify(await rsa.sign(good))).userId).toBe("ada");
    hang.resolve(Response.json({ keys: [] }));
    expect(await unknown).toMatchObject(unauthenticated);
  });

  test("a key taken out of the set is refused five minutes after the last fetch at the latest", async () => {
    const verifier = remote();
    const token = await rsa.sign(good);
    await verifier.verify(token);
    server.publish([ec.published]);
    clock.time += 299_999;
    expect((await verifier.verify(token)).userId).toBe("ada");
    clock.time += 1;
    expect(await rejection(verifier.verify(token))).toMatchObject(unauthenticated);
  });
});

describe("when the key set cannot be had", () => {
  const troubles: Record<string, () => Response | Promise<Response>> = {
    "an error": () => new Response("down", { status: 500 }),
    "a redirect": () => Response.redirect("https://id.example/keys"),
    HTML: () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    nothing: () => new Response(""),
    null: () => Response.json(null),
    "keys that are no list": () => Response.json({ keys: "rsa-1" }),
    "keys that are no objects": () => Response.json({ keys: ["rsa-1", null] }),
    "an answer that never comes": () => new Promise(() => {}),
    "an answer that never ends": () =>
      new Response(
        new ReadableStream({
          async pull(controller) {
            controller.enqueue(" ");
            await new Promise(setImmediate);
          },
        }),
      ),
  };
  for (const [name, answer] of Object.entries(troubles)) {
    test(`for ${name}, tokens are refused as unavailable, and accepted once it can be had`, async () => {
      const lines: string[] = [];
      const verifier = remote({ timeoutMs: 100, log: (line) => lines.push(line) });
      server.answerWith(answer);
      await verifier.prefetch();
      const token = await ec.sign(good);
      expect(await rejection(verifier.verify(token))).toMatchObject(unavailable);
      expect(await rejection(verifier.verify(token))).toMatchObject(unavailable);
      expect(lines).toEqual([
        expect.stringMatching(
          /^JWT_JWKS_URL: the key set cannot be fetched \(.+\); tokens with unknown keys/,
        ),
      ]);
      server.recover();
      expect((await verifier.verify(token)).userId).toBe("ada");
      server.answerWith(answer);
      await verifier.prefetch();
      expect(lines).toHaveLength(2);
    });
  }

  test("because nobody listens there, the start goes on and tokens are refused as unavailable", async () => {
    await server.stop();
    const lines: string[] = [];
    const verifier = remote({ log: (line) => lines.push(line) });
    await verifier.prefetch();
    expect(lines).toHaveLength(1);
    expect(await rejection(verifier.verify(await rsa.sign(good)))).toMatchObject(unavailable);
  });

  test("keys fetched earlier stay good, however old, and only one token in five minutes tries again", async () => {
    const verifier = remote();
    await verifier.prefetch();
    server.answerWith(() => new Response("down", { status: 503 }));
    clock.time += 7_200_000;
    const token = await ed.sign(good);
    const tries = Array.from({ length: 10 }, () => verifier.verify(token));
    for (const { userId } of await Promise.all(tries)) expect(userId).toBe("ada");
    await verifier.verify(token);
    expect(server.requests).toBe(2);
    clock.time += 300_000;
    await verifier.verify(token);
    expect(server.requests).toBe(3);
  });

  test("HS256 goes on", async () => {
    await server.stop();
    const token = await sign(good);
    expect((await remote({ secret }).verify(token)).userId).toBe("ada");
  });
});
