import { describe, expect, test } from "bun:test";
import { Encryption } from "../../../src/protocols/diet/encryption/encryption.ts";
import { announcement } from "../../../src/protocols/diet/encryption/wire.ts";
import { DietCipher } from "../../support/diet-cipher.ts";
import { agreed, expectNotOpened, NOW, received, refusalOf } from "./encrypted.ts";

const settings = { rotationMs: 60_000, compression: false, maxPlainBytes: 1_000 };

describe("beginning", () => {
  test("the client hears what it needs for the key, and nothing else", async () => {
    const { publicKey } = await DietCipher.init();
    const { ready } = Encryption.begin(publicKey, settings);
    expect(announcement.strict().parse(ready)).toEqual({
      publicKey: ready.publicKey,
      keyId: expect.stringMatching(/^[0-9a-f]{16}$/),
      algorithm: "AES-256-GCM",
      keyRotationInterval: 60_000,
      compressionEnabled: false,
    });
    const raw = Buffer.from(ready.publicKey, "base64");
    expect(raw).toHaveLength(32);
    expect(raw.toString("base64")).toBe(ready.publicKey);
  });

  test("no two connections of one client share a key", async () => {
    const { publicKey } = await DietCipher.init();
    const [one, other] = [Encryption.begin(publicKey, settings), Encryption.begin(publicKey, settings)];
    expect(one.ready.publicKey).not.toBe(other.ready.publicKey);
    expect(one.ready.keyId).not.toBe(other.ready.keyId);
  });

  const raw = Buffer.alloc(32, 7);
  test.each([
    ["nothing", ""],
    ["31 bytes", raw.subarray(1).toString("base64")],
    ["33 bytes", Buffer.alloc(33, 7).toString("base64")],
    ["hexadecimal", raw.toString("hex")],
    ["the other alphabet", Buffer.alloc(32, 0xff).toString("base64url")],
    ["no padding", raw.toString("base64").slice(0, -1)],
    ["a line break", `${raw.toString("base64")}\n`],
    ["another spelling of the last byte", raw.toString("base64").replace("c=", "d=")],
  ])("a public key that is %s is refused by name", (_, publicKey) => {
    const { reason, issues } = refusalOf(() => Encryption.begin(publicKey, settings));
    expect(reason).toBe("invalid");
    expect(issues).toEqual([{ path: "data.publicKey", message: "must be 32 bytes in base64" }]);
  });

  // All of them, with those that are written as p and more (https://cr.yp.to/ecdh.html, "validate public keys").
  test.each([
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  ])("the low-order point %s is refused", (point) => {
    const publicKey = Buffer.from(point, "hex").toString("base64");
    const { reason, issues } = refusalOf(() => Encryption.begin(publicKey, settings));
    expect(reason).toBe("invalid");
    expect(issues).toEqual([{ path: "data.publicKey", message: "must be a usable X25519 key" }]);
  });
});

describe("a connection", () => {
  test("frames with any content go both ways", async () => {
    const { client, server } = await agreed();
    for (const frame of ['{"type":"direct.message"}', '{"data":"Käse 🧀 \\u0000"}', '{"data":"\ufeff"}']) {
      const sealed = server.seal(frame, NOW);
      expect(sealed).not.toContain(frame.slice(1, 7));
      expect(received(sealed).timestamp).toBe("2026-01-01T12:00:00.000Z");
      expect(await client.open(received(sealed))).toBe(frame);
      expect(server.open(await client.seal(frame))).toBe(frame);
    }
    // A byte order mark is a character like any other.
    expect(server.open(await client.seal("\ufeff{}"))).toBe("\ufeff{}");
  });

  test("the server's ivs share 8 bytes and count up", async () => {
    const { server } = await agreed();
    const ivs = Array.from({ length: 300 }, () => Buffer.from(received(server.seal("{}", NOW)).iv, "base64"));
    expect(new Set(ivs.map((iv) => iv.toString("hex", 0, 8))).size).toBe(1);
    expect(ivs.map((iv) => iv.readUInt32BE(8))).toEqual(ivs.map((_, at) => at));
  });

  test("a frame that repeats is refused, and the next one is taken", async () => {
    const { client, server } = await agreed();
    const frame = await client.seal('{"n":1}');
    server.open(frame);
    expectNotOpened(server, frame);
    expectNotOpened(server, await client.seal('{"n":2}', new Uint8Array(Buffer.from(frame.iv, "base64"))));
    expect(server.open(await client.seal('{"n":3}'))).toBe('{"n":3}');
  });

  test("a frame of the server that comes back is refused", async () => {
    const { client, server } = await agreed();
    expectNotOpened(server, received(server.seal("{}", NOW)));
    const own = Buffer.from(received(server.seal("{}", NOW)).iv, "base64");
    own.writeUInt32BE(4_000_000_000, 8);
    expectNotOpened(server, await client.seal("{}", new Uint8Array(own)));
  });

  test("a frame that was not taken does not use up its iv", async () => {
    const { client, server } = await agreed();
    const frame = await client.seal("{}");
    expectNotOpened(server, { ...frame, authTag: Buffer.alloc(16).toString("base64") });
    expect(server.open(frame)).toBe("{}");
  });

  test("a frame of another connection is refused, under this one's key id too", async () => {
    const [{ server }, other] = await Promise.all([agreed(), agreed()]);
    const frame = await other.client.seal("{}");
    expectNotOpened(server, frame);
    expectNotOpened(server, { ...frame, keyId: server.ready.keyId });
  });

  test("a frame over the limit is refused, one at the limit is taken", async () => {
    const { client, server } = await agreed({ maxPlainBytes: 100 });
    expectNotOpened(server, await client.seal("é".repeat(51)));
    expect(server.open(await client.seal("é".repeat(50)))).toHaveLength(50);
  });

  test("what is not UTF-8 is refused", async () => {
    const { client, server } = await agreed();
    expectNotOpened(server, await client.sealBytes(new Uint8Array([0x22, 0xff, 0x22])));
  });

  test("what is no encrypted frame at all is refused", async () => {
    const { server } = await agreed();
    for (const frame of [undefined, null, 7, "text", [], {}, { type: "ping" }])
      expectNotOpened(server, frame);
  });

  test("a frame without one of its fields, or with another type in it, is refused", async () => {
    const { client, server } = await agreed();
    const frame = await client.seal("{}");
    for (const field of Object.keys(frame)) {
      for (const value of [undefined, null, 7, "", [], {}])
        expectNotOpened(server, { ...frame, [field]: value });
    }
    expect(server.open(frame)).toBe("{}");
  });
});
