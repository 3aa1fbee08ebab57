import { beforeAll, expect, test } from "bun:test";
import { exportJWK, exportSPKI } from "jose";
import { forge, segment } from "../auth/forge.ts";
import { serveKeys } from "../auth/jwks-server.ts";
import { ec, rsa, stranger } from "../auth/keys.ts";
import type { Frame, TestClient } from "../support/client.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { SECRET, startTestServer, stopAfterAll } from "../support/server.ts";

const now = Math.floor(Date.now() / 1_000);
const good = { sub: "eve", rooms: ["*"], exp: now + 3_600, iat: now, iss: "school", aud: "chat" };
const { iss: _iss, ...withoutIssuer } = good;
const { sub: _sub, ...withoutSub } = good;
const { exp: _exp, ...withoutExp } = good;
const HS256 = { alg: "HS256", typ: "JWT" };

const signed = (claims: unknown, header: Frame = HS256, key: string | Buffer = SECRET) =>
  forge(header, claims, key);
/** Text in the place of JSON that no serializer would write. */
const signedText = (payload: string, header: unknown = HS256) => forge(header, payload, SECRET);

const keys = stopAfterAll(serveKeys([rsa.published, ec.published]));
const trap = stopAfterAll(serveKeys([stranger.published]));
const env = { JWT_JWKS_URL: keys.url, JWT_ISSUER: "school", JWT_AUDIENCE: "chat", LOG_LEVEL: "trace" };
const server = stopAfterAll(await startTestServer({ env }));
let tokens: Record<string, string>;

beforeAll(async () => {
  tokens = await badTokens();
});

/** Signed with the stranger's key, with these headers. */
async function foreign(header: Frame): Promise<string> {
  const input = `${segment({ alg: "RS256", ...header })}.${segment(good)}`;
  const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", stranger.privateKey, Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString("base64url")}`;
}

async function badTokens(): Promise<Record<string, string>> {
  const pem = await exportSPKI(rsa.publicKey);
  const jwk = await exportJWK(rsa.publicKey);
  const [, payload, signature] = signed(good).split(".");
  return {
    "alg none": `${segment({ alg: "none" })}.${segment(good)}.`,
    "alg nOnE, signed": signed(good, { alg: "nOnE" }),
    "alg none, with another's signature": `${segment({ alg: "none" })}.${payload}.${signature}`,
    "HS256 with the published RSA key as PEM": signed(good, { alg: "HS256", kid: "rsa-1" }, pem),
    "HS256 with the published RSA key as JSON": signed(good, HS256, JSON.stringify(rsa.published)),
    "HS256 with the published modulus": signed(good, HS256, Buffer.from(jwk.n ?? "", "base64url")),
    "HS256 with an empty secret": signed(good, HS256, ""),
    "HS512 with the right secret's bytes": signed(good, { alg: "HS512" }),
    "RS256, though signed with the secret": signed(good, { alg: "RS256", kid: "rsa-1" }),
    "an RSA key's name on an EC signature": await ec.sign(good, { kid: "rsa-1" }),
    "its own key, embedded": await foreign({ jwk: stranger.published }),
    "its own key, by jku": await foreign({ jku: trap.url, kid: stranger.published.kid }),
    "its own key, by x5u": await foreign({ x5u: trap.url }),
    "its own key, by x5c": await foreign({ x5c: [stranger.published.n] }),
    "a kid that is a URL": await foreign({ kid: trap.url }),
    "a kid that is a path": await foreign({ kid: "../../../../dev/null" }),
    "a kid that is SQL": await foreign({ kid: "' or 1=1 --" }),
    "a kid that is __proto__": await foreign({ kid: "__proto__" }),
    "another's kid": await foreign({ kid: "rsa-1" }),
    "an extension that is unknown": signed(good, { ...HS256, crit: ["exp"] }),
    "a payload that is not encoded": signed(good, { ...HS256, b64: false, crit: ["b64"] }),
    expired: signed({ ...good, exp: now - 60 }),
    "not yet valid": signed({ ...good, nbf: now + 600 }),
    "no exp": signed(withoutExp),
    "no sub": signed(withoutSub),
    "an exp that is a text": signed({ ...good, exp: `${good.exp}` }),
    "an exp without end": signedText(JSON.stringify(good).replace(`${good.exp}`, "1e999")),
    "another issuer": signed({ ...good, iss: "school.evil" }),
    "no issuer": signed(withoutIssuer),
    "another audience": signed({ ...good, aud: ["mail", "chats"] }),
    "a user id that stands for all": signed({ ...good, sub: "*" }),
    "a user id with a line break": signed({ ...good, sub: "eve\nada" }),
    "duplicate claims, of which the last is bad": signedText(
      JSON.stringify(good).replace(/}$/, `,"exp":${now - 60}}`),
    ),
    "a list of claims": signedText(JSON.stringify([good])),
    "claims that are inherited": signedText(`{"__proto__":${JSON.stringify(good)}}`),
    "an encrypted token": "a.b.c.d.e",
    "a signature too many": `${signed(good)}.x`,
    "spaces around it": ` ${signed(good)} `,
    "another alphabet": signed({ ...good, note: "???>>>" })
      .replaceAll("-", "+")
      .replaceAll("_", "/")
      .concat("="),
  };
}

/** How a token is brought, and how it is said to be bad. */
const endpoints: Record<string, [bring: (token: string) => Promise<TestClient>, code: number]> = {
  gurukul: [(token) => server.connect(`/ws?token=${encodeURIComponent(token)}`), 1008],
  "hyperfocus, in the query": [
    (token) =>
      server.connect(`/ws?token=${encodeURIComponent(token)}`, { protocols: ["hyperfocus-protocol-v1"] }),
    1008,
  ],
  "atomic, in the query": [
    (token) => server.connect(`/api/chat/ws?contextId=a&token=${encodeURIComponent(token)}`),
    1008,
  ],
  "atomic, in the first message": [
    async (token) => {
      const client = await server.connect("/api/collaboration/ws");
      client.send({ type: "auth", token });
      return client;
    },
    1008,
  ],
  discord: [
    async (token) => {
      const client = await server.connect("/api/ws");
      client.send({ v: 1, type: "auth", token, ts: 1 });
      return client;
    },
    4003,
  ],
  diet: [
    async (token) => {
      const client = await server.connect("/api/diet/ws");
      client.send({ type: "auth", token, userId: "eve", sessionId: "s" });
      return client;
    },
    4003,
  ],
};

test.each(Object.entries(endpoints))(
  "%s takes a good token, of the secret and of the key set",
  async (_, [bring]) => {
    for (const token of [signed(good), await rsa.sign(good), await ec.sign(good)]) {
      const client = await bring(token);
      // A bad one would have been answered by now.
      client.send("not JSON");
      await client.next();
      expect(client.isOpen).toBe(true);
      client.close();
    }
  },
);

test("every token that is bad in any way is refused at every endpoint, always in the same words, and closed", async () => {
  // All at once: a key that is unknown is looked for once a second.
  const answers = Object.entries(endpoints).map(async ([endpoint, [bring, code]]) => {
    const words = Object.entries(tokens).map(async ([what, token]) => {
      const client = await bring(token);
      expect([endpoint, what, (await client.closed).code]).toEqual([endpoint, what, code]);
      return JSON.stringify(client.frames).replace(/\d{4}-\d\d-[^"]*|\d{10,}/g, "now");
    });
    return [endpoint, new Set(await Promise.all(words)).size];
  });
  expect(await Promise.all(answers)).toEqual(Object.keys(endpoints).map((endpoint) => [endpoint, 1]));
});

test("a token of more than 16 KiB is not even looked at, and in a URL not let in", async () => {
  const huge = signed({ ...good, note: "x".repeat(15_000) });
  for (const bring of [endpoints["discord"]![0], endpoints["diet"]![0]]) {
    expect((await (await bring(huge)).closed).code).toBe(4003);
  }
  expect((await RawSocket.upgrade(server.port, `/ws?token=${huge}`)).status).toBe(431);
});

test("a token for one contract opens nothing of another", async () => {
  const token = signed({ ...good, rooms: ["guild:a"], guilds: ["a"] });
  const chat = await server.connect(`/ws?token=${token}`);
  chat.say("chat_update", { action: "join", chatId: "a" });
  expect(await chat.next("error")).toMatchObject({ data: { code: 403 } });
  const context = await server.connect(`/api/chat/ws?contextId=a&token=${token}`);
  expect((await context.closed).code).toBe(1008);
  chat.close();
});

test("no key was fetched from where a token said", () => {
  expect(trap.requests).toBe(0);
});

test("the log holds no token, nor a part of one", () => {
  const log = server.lines.join("");
  for (const token of Object.values(tokens)) {
    for (const part of token.split(".")) if (part.length > 12) expect(log).not.toContain(part);
  }
});
