import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { exportJWK, exportSPKI, type JWTPayload, SignJWT } from "jose";
import { createTokenVerifier, type TokenVerifierOptions } from "../../src/auth/tokens.ts";
import { forge, segment } from "./forge.ts";
import { secret, sign } from "./hs256.ts";
import { JumpingClock } from "./jumping-clock.ts";
import { type Algorithm, makeKey, serveKeys } from "./jwks-server.ts";
import { ec, ed, rsa, stranger } from "./keys.ts";
import { rejection } from "./rejection.ts";

const algorithms: Algorithm[] = ["RS256", "ES256", "EdDSA"];
const unauthenticated = { reason: "unauthenticated" as const, message: "Authentication failed" };

let server: ReturnType<typeof serveKeys>;
let clock: JumpingClock;
let good: JWTPayload;

beforeEach(() => {
  clock = new JumpingClock();
  server = serveKeys([rsa.published, ec.published, ed.published]);
  good = { sub: "ada", exp: clock.time / 1_000 + 86_400 };
});
afterEach(() => server.stop());

const remote = (more: Partial<TokenVerifierOptions> = {}) =>
  createTokenVerifier({ jwksUrl: server.url, clock, ...more });

describe("tokens signed with a key of the set", () => {
  test.each(algorithms)("are accepted with %s", async (alg) => {
    const key = { RS256: rsa, ES256: ec, EdDSA: ed }[alg];
    const identity = await remote().verify(await key.sign({ ...good, rooms: ["chat:1"] }));
    expect(identity).toMatchObject({ userId: "ada", grants: ["chat:1"] });
  });

  test("are checked without asking for the set again", async () => {
    const verifier = remote();
    await verifier.prefetch();
    for (const key of [rsa, ec, ed, rsa]) await verifier.verify(await key.sign(good));
    expect(server.requests).toBe(1);
  });

  test("need not name their key, even if the set has several of its kind", async () => {
    const named = await makeKey("ES256", "ec-2");
    server.publish([rsa.published, ec.published, named.published]);
    const verifier = remote();
    const sign = (key: typeof ec) =>
      new SignJWT(good).setProtectedHeader({ alg: "ES256" }).sign(key.privateKey);
    expect((await verifier.verify(await sign(ec))).userId).toBe("ada");
    expect((await verifier.verify(await sign(named))).userId).toBe("ada");
    expect(await rejection(verifier.verify(await sign(await makeKey("ES256"))))).toMatchObject({
      ...unauthenticated,
      cause: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
    });
  });

  test("are refused when expired, and fetch nothing more", async () => {
    const verifier = remote();
    const token = await ec.sign({ ...good, exp: clock.time / 1_000 - 10 });
    expect(await rejection(verifier.verify(token))).toMatchObject({
      ...unauthenticated,
      cause: "ERR_JWT_EXPIRED",
    });
    expect(server.requests).toBe(1);
  });
});

describe("with a secret and a key set", () => {
  test("each algorithm is checked with its own", async () => {
    const verifier = remote({ secret });
    const shared = await sign(good);
    expect((await verifier.verify(shared)).userId).toBe("ada");
    expect(server.requests).toBe(0);
    expect((await verifier.verify(await ed.sign(good))).userId).toBe("ada");
  });

  test.each([undefined, secret])("a public key never serves as an HS256 secret (secret: %p)", async (own) => {
    const octets = "a symmetric key, published by mistake";
    const oct = { kty: "oct", k: segment(octets), kid: "oct-1", alg: "HS256", use: "sig" };
    server.publish([rsa.published, oct]);
    const verifier = remote(own === undefined ? {} : { secret: own });
    const pem = await exportSPKI(rsa.publicKey);
    const jwk = await exportJWK(rsa.publicKey);
    const modulus = Buffer.from(jwk.n ?? "", "base64url");
    const bare = JSON.stringify(jwk);
    for (const key of [
      pem,
      pem.trim(),
      bare,
      JSON.stringify(rsa.published),
      modulus,
      jwk.n ?? "",
      octets,
      "",
    ]) {
      for (const kid of ["rsa-1", "oct-1", undefined]) {
        const forged = forge({ alg: "HS256", kid }, good, key);
        expect(await rejection(verifier.verify(forged))).toMatchObject(unauthenticated);
      }
    }
  });

  test("a token signed with the secret but calling itself RS256 is refused", async () => {
    const forged = forge({ alg: "RS256", kid: "rsa-1" }, good, secret);
    expect(await rejection(remote({ secret }).verify(forged))).toMatchObject(unauthenticated);
  });
});

describe("a token is refused", () => {
  test.each(["none", "None", "HS256", "HS512", "RS512", "PS256", "ES384", "Ed448", "ML-DSA-44", "__proto__"])(
    "with the algorithm %s, and nothing is fetched for it",
    async (alg) => {
      const verifier = remote();
      const token = `${segment({ alg, kid: "rsa-1" })}.${segment(good)}.${segment("signature")}`;
      expect(await rejection(verifier.verify(token))).toEqual({
        ...unauthenticated,
        cause: "ERR_JOSE_ALG_NOT_ALLOWED",
      });
      expect(server.requests).toBe(0);
    },
  );

  test("when its algorithm is not that of the key it names", async () => {
    const verifier = remote();
    const crossed = await new SignJWT(good)
      .setProtectedHeader({ alg: "ES256", kid: "rsa-1" })
      .sign(ec.privateKey);
    expect(await rejection(verifier.verify(crossed))).toEqual({
      ...unauthenticated,
      cause: "ERR_JWKS_NO_MATCHING_KEY",
    });
  });

  test("when another key of the same name signed it", async () => {
    const token = await stranger.sign(good, { kid: "rsa-1" });
    expect(await rejection(remote().verify(token))).toMatchObject({
      cause: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
    });
  });

  test("when it brings its own key, in any header made for that, and none of these is fetched", async () => {
    const trap = serveKeys([stranger.published]);
    const verifier = remote();
    for (const header of [
      { jwk: stranger.published },
      { jku: trap.url },
      { x5u: trap.url },
      { x5c: [stranger.published.n] },
      { kid: trap.url },
      { kid: "../../rsa-1" },
      { kid: "__proto__" },
      { kid: "" },
      { kid: ["rsa-1"] },
      { kid: { toString: "rsa-1" } },
      { kid: 1 },
      { kid: null },
    ]) {
      const { privateKey } = stranger;
      const input = `${segment({ alg: "RS256", ...header })}.${segment(good)}`;
      const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", privateKey, Buffer.from(input));
      const token = `${input}.${Buffer.from(signature).toString("base64url")}`;
      expect(await rejection(verifier.verify(token))).toMatchObject(unauthenticated);
    }
    expect(trap.requests).toBe(0);
    await trap.stop();
  });

  test("when its payload was changed", async () => {
    const [header, , signature] = (await ed.sign(good)).split(".");
    const forged = [header, segment({ ...good, sub: "root" }), signature].join(".");
    expect(await rejection(remote().verify(forged))).toMatchObject(unauthenticated);
  });

  test("when its key is published for encryption", async () => {
    const token = await rsa.sign(good);
    for (const purpose of [{ use: "enc" }, { key_ops: ["encrypt"] }]) {
      server.publish([{ ...rsa.published, ...purpose }]);
      expect(await rejection(remote().verify(token))).toMatchObject(unauthenticated);
    }
  });

  test("when its RSA key is too short to be safe", async () => {
    const rs256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    const size = { modulusLength: 1_024, publicExponent: new Uint8Array([1, 0, 1]) };
    const short = await crypto.subtle.generateKey({ ...rs256, ...size }, true, ["sign", "verify"]);
    server.publish([await exportJWK(short.publicKey)]);
    const input = `${segment({ alg: "RS256" })}.${segment(good)}`;
    const signature = await crypto.subtle.sign(rs256, short.privateKey, Buffer.from(input));
    const token = `${input}.${Buffer.from(signature).toString("base64url")}`;
    expect(await rejection(remote().verify(token))).toMatchObject(unauthenticated);
  });
});
