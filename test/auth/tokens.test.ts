import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SignJWT } from "jose";
import { createTokenVerifier } from "../../src/auth/tokens.ts";
import { forge, segment } from "./forge.ts";
import { bytes, secret, sign, signText } from "./hs256.ts";
import { JumpingClock } from "./jumping-clock.ts";
import { rejection } from "./rejection.ts";

const clock = new JumpingClock();
const now = clock.time / 1_000;
const verifier = createTokenVerifier({ secret, clock });
const good = { sub: "ada", exp: now + 60 };

describe("a good HS256 token", () => {
  test("becomes an identity with all that it says", async () => {
    const claims = {
      ...good,
      iat: now - 5,
      name: "Ada Lovelace",
      avatar: "https://example.org/ada.png",
      sid: "s-1",
      roles: ["moderator"],
      rooms: ["chat:chat-123", "guild:*"],
      contextId: "ctx-1",
      guilds: ["1", "2"],
    };
    expect(await verifier.verify(await sign(claims))).toEqual({
      userId: "ada",
      name: "Ada Lovelace",
      avatar: "https://example.org/ada.png",
      sessionId: "s-1",
      roles: ["moderator"],
      grants: ["chat:chat-123", "guild:*"],
      issuedAt: (now - 5) * 1_000,
      expiresAt: (now + 60) * 1_000,
      claims: { contextId: "ctx-1", guilds: ["1", "2"] },
    });
  });

  test("needs only sub and exp", async () => {
    expect(await verifier.verify(await sign(good))).toEqual({
      userId: "ada",
      roles: [],
      grants: [],
      issuedAt: 0,
      expiresAt: (now + 60) * 1_000,
      claims: {},
    });
  });

  test("may carry a user id of 128 characters in any script", async () => {
    const sub = `用户-ünïcode|${"é".repeat(117)}`;
    expect([...sub]).toHaveLength(128);
    expect((await verifier.verify(await sign({ ...good, sub }))).userId).toBe(sub);
  });
});

describe("a token is refused as unauthenticated, with a reason for the logs,", () => {
  const cases: Record<string, [token: () => string | Promise<string>, why: string]> = {
    "when it is empty": [() => "", "ERR_JWS_INVALID"],
    "when it is not a token": [() => "not a token", "ERR_JWS_INVALID"],
    "when it is encrypted instead of signed": [() => "a.b.c.d.e", "ERR_JWS_INVALID"],
    "without exp": [() => sign({ sub: "ada" }), "ERR_JWT_CLAIM_VALIDATION_FAILED exp"],
    "without sub": [() => sign({ exp: good.exp }), "ERR_JWT_CLAIM_VALIDATION_FAILED sub"],
    "when exp is a string": [
      () => signText(JSON.stringify({ sub: "ada", exp: "4000000000" })),
      "ERR_JWT_CLAIM_VALIDATION_FAILED exp",
    ],
    "when exp is infinite": [() => signText('{"sub":"ada","exp":1e999}'), "claim exp"],
    "when exp is beyond all dates": [() => sign({ sub: "ada", exp: 1e15 }), "claim exp"],
    "when exp is in milliseconds": [() => sign({ sub: "ada", exp: (now + 60) * 1_000 }), "claim exp"],
    "when iat is in milliseconds": [() => sign({ ...good, iat: now * 1_000 }), "claim iat"],
    "when iat is three seconds ahead": [
      () => sign({ ...good, iat: now + 3 }),
      "ERR_JWT_CLAIM_VALIDATION_FAILED iat",
    ],
    "when iat is an hour ahead": [
      () => sign({ ...good, exp: now + 9_000, iat: now + 3_600 }),
      "ERR_JWT_CLAIM_VALIDATION_FAILED iat",
    ],
    "when its payload is Latin-1": [
      () =>
        forge(
          { alg: "HS256" },
          Buffer.from(`{"sub":"ada","exp":${good.exp},"name":"M\xfcller"}`, "latin1"),
          secret,
        ),
      "ERR_JWT_INVALID",
    ],
    "when iat is negative": [() => sign({ ...good, iat: -1 }), "claim iat"],
    "when iat is a string": [
      () => signText(JSON.stringify({ ...good, iat: "now" })),
      "ERR_JWT_CLAIM_VALIDATION_FAILED iat",
    ],
    "two seconds after it expired": [() => sign({ ...good, exp: now - 2 }), "ERR_JWT_EXPIRED"],
    "before its nbf": [() => sign({ ...good, nbf: now + 3 }), "ERR_JWT_CLAIM_VALIDATION_FAILED nbf"],
    "when its payload is a list": [() => signText("[]"), "ERR_JWT_INVALID"],
    "when its payload is null": [() => signText("null"), "ERR_JWT_INVALID"],
    "when its payload is not JSON": [() => signText("{"), "ERR_JWT_INVALID"],
    "when it demands an extension that is unknown": [
      () => `${segment({ alg: "HS256", crit: ["x"], x: 1 })}.${segment(good)}.${segment("s")}`,
      "ERR_JOSE_NOT_SUPPORTED",
    ],
    "with alg none": [() => `${segment({ alg: "none" })}.${segment(good)}.`, "ERR_JOSE_ALG_NOT_ALLOWED"],
    "with alg None": [() => `${segment({ alg: "None" })}.${segment(good)}.`, "ERR_JOSE_ALG_NOT_ALLOWED"],
    "with alg __proto__": [
      () => `${segment({ alg: "__proto__" })}.${segment(good)}.`,
      "ERR_JOSE_ALG_NOT_ALLOWED",
    ],
    "without alg": [() => `${segment({})}.${segment(good)}.${segment("s")}`, "ERR_JWS_INVALID"],
    "with HS512, though the secret is right": [
      () => sign(good, { alg: "HS512" }),
      "ERR_JOSE_ALG_NOT_ALLOWED",
    ],
    "with RS256, when there is only a secret": [
      () => `${segment({ alg: "RS256" })}.${segment(good)}.${segment("s")}`,
      "ERR_JOSE_ALG_NOT_ALLOWED",
    ],
    "when another secret signed it": [
      () => new SignJWT(good).setProtectedHeader({ alg: "HS256" }).sign(bytes(secret.toUpperCase())),
      "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
    ],
    "when its signature is missing": [
      async () => (await sign(good)).replace(/[^.]*$/, ""),
      "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
    ],
    "when it is longer than 16 KB, though it is good": [
      () => sign({ ...good, note: "x".repeat(12_300) }),
      "ERR_JWT_INVALID",
    ],
  };
  for (const [name, [token, cause]] of Object.entries(cases)) {
    test(name, async () => {
      expect(await rejection(verifier.verify(await token()))).toEqual({
        reason: "unauthenticated",
        message: "Authentication failed",
        cause,
      });
    });
  }

  test.each<[path: string, is: string, value: unknown]>([
    ["sub", "is empty", ""],
    ["sub", "is a number", 42],
    ["sub", "is null", null],
    ["sub", "is a list", ["ada"]],
    ["sub", "has 129 characters", "x".repeat(129)],
    ["sub", "has a space", "ada lovelace"],
    ["sub", "has a no-break space", "ada\u00a0"],
    ["sub", "has a line break", "ada\n"],
    ["sub", "has a NUL", "ada\u0000"],
    ["sub", "has an invisible character", "ada\u202e"],
    ["sub", "has half a surrogate pair", "ada\ud800"],
    ["sub", "is *, which stands for all", "*"],
    ["name", "is a number", 1],
    ["name", "is null", null],
    ["avatar", "is an object", {}],
    ["sid", "is a boolean", true],
    ["roles", "are a string", "admin"],
    ["roles", "are an object", { 0: "admin" }],
    ["roles.0", "is a number", [1]],
    ["roles.0", "has 257 characters", ["r".repeat(257)]],
    ["rooms", "are a string", "chat:1"],
    ["rooms", "are null", null],
    ["rooms.1", "is a number", ["chat:1", 2]],
    ["rooms.0", "has 257 characters", ["r".repeat(257)]],
    ["rooms", "are more than a thousand", Array.from({ length: 1_001 }, () => "a:1")],
  ])("when its claim %s %s", async (path, _is, value) => {
    const claim = path.replace(/\..*/, "");
    const token = await sign({ ...good, [claim]: value });
    expect(await rejection(verifier.verify(token))).toMatchObject({
      reason: "unauthenticated",
      cause: `claim ${path}`,
    });
  });

  test("when a single character of its header or payload is changed", async () => {
    const token = await sign({ ...good, roles: ["member"] });
    const signed = token.lastIndexOf(".");
    const anywhere = fc.nat(signed - 1);
    await fc.assert(
      fc.asyncProperty(anywhere, fc.constantFrom(..."Aa0_-.Zz9"), async (at, character) => {
        fc.pre(token[at] !== character);
        const tampered = token.slice(0, at) + character + token.slice(at + 1);
        expect((await rejection(verifier.verify(tampered))).reason).toBe("unauthenticated");
      }),
    );
  });

  test("for any text", async () => {
    const piece = fc.oneof(fc.string({ unit: "binary" }), fc.json().map(segment), fc.base64String());
    const text = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join("."));
    await fc.assert(
      fc.asyncProperty(text, async (token) => {
        expect(await rejection(verifier.verify(token))).toMatchObject({ reason: "unauthenticated" });
      }),
    );
  });
});

test("clocks may differ by up to two seconds", async () => {
  expect((await verifier.verify(await sign({ ...good, exp: now - 1 }))).userId).toBe("ada");
  expect((await verifier.verify(await sign({ ...good, nbf: now + 2 }))).userId).toBe("ada");
});

test("a thousand grants are accepted", async () => {
  const rooms = Array.from({ length: 1_000 }, (_, index) => `chat:${index}`);
  expect((await verifier.verify(await sign({ ...good, rooms }))).grants).toEqual(rooms);
});

test("time is the injected clock's", async () => {
  const later = new JumpingClock();
  const token = await sign(good);
  const watching = createTokenVerifier({ secret, clock: later });
  await watching.verify(token);
  later.time += 62_000;
  expect((await rejection(watching.verify(token))).cause).toBe("ERR_JWT_EXPIRED");
});

test("without a secret and a key set, every token is refused", async () => {
  const none = createTokenVerifier({ clock });
  await none.prefetch();
  expect((await rejection(none.verify(await sign(good)))).reason).toBe("unauthenticated");
});

test("a refusal tells nothing of the token", async () => {
  const token = await sign({ sub: "ada-the-secretive", exp: now - 100 });
  const refusal = await verifier.verify(token).catch((error: unknown) => error);
  const told = Bun.inspect(refusal, { depth: 10 }) + JSON.stringify(refusal);
  for (const part of [...token.split("."), "ada-the-secretive"]) expect(told).not.toContain(part);
});
