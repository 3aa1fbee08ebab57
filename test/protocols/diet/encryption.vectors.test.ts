import { describe, expect, test } from "bun:test";
import { createPrivateKey, createSecretKey, diffieHellman } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { inflate } from "../../../src/protocols/diet/encryption/compression.ts";
import { agree, deriveKey, importPublicKey } from "../../../src/protocols/diet/encryption/key-agreement.ts";
import { SessionKey } from "../../../src/protocols/diet/encryption/session-key.ts";
import { encryptedFrame } from "../../../src/protocols/diet/encryption/wire.ts";
import { DietCipher, PKCS8_X25519 } from "../../support/diet-cipher.ts";

const hex = (text: string) => Buffer.from(text, "hex");
const importPrivateKey = (secret: Buffer) =>
  createPrivateKey({ key: Buffer.concat([PKCS8_X25519, secret]), format: "der", type: "pkcs8" });

describe("the published vectors", () => {
  test("X25519: both sides of RFC 7748, section 6.1, come to its secret", () => {
    const alice = {
      secret: hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
      public: hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
    };
    const bob = {
      secret: hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
      public: hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
    };
    for (const [own, other] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const [privateKey, publicKey] = [importPrivateKey(own.secret), importPublicKey(other.public)];
      const secret = diffieHellman({ privateKey, publicKey });
      expect(secret.toString("hex")).toBe("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
      expect(agree(privateKey, publicKey).equals(deriveKey(secret))).toBe(true);
    }
  });

  test("HKDF: RFC 5869, appendix A.3, which has neither salt nor info either, cut to 32 bytes", () => {
    expect(deriveKey(Buffer.alloc(22, 0x0b)).export().toString("hex")).toBe(
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
    );
  });

  test("AES-256-GCM: NIST's test case 15 opens", () => {
    const key = createSecretKey(hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
    const plain = new SessionKey("15", key).open({
      encryptedData: hex(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
      ),
      iv: hex("cafebabefacedbaddecaf888"),
      authTag: hex("b094dac5d93471bdec1a502270e3cc6c"),
      timestamp: "2026-01-01T12:00:00.000Z",
      keyId: "15",
    });
    expect(plain?.toString("hex")).toBe(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
    );
  });

  test("AES-256-GCM: NIST's test case 14 is sealed", () => {
    // A counter at 0 after 8 zero bytes: the iv of that case, and of the server's first frame.
    const key = new SessionKey("14", createSecretKey(Buffer.alloc(32)), Buffer.alloc(8));
    const frame = JSON.parse(key.seal(Buffer.alloc(16), 0));
    expect(Buffer.from(frame.iv, "base64")).toEqual(Buffer.alloc(12));
    expect(Buffer.from(frame.encryptedData, "base64").toString("hex")).toBe(
      "cea7403d4d606b6e074ec5d3baf39d18",
    );
    expect(Buffer.from(frame.authTag, "base64").toString("hex")).toBe("d0d1c8a799996bf0265b98b5d48ab919");
  });
});

const bytes = z.string().transform((text) => Buffer.from(text, "base64"));
const keys = z.object({ privateKey: bytes, publicKey: z.string() });
const sample = z.object({
  plain: z.string(),
  frame: z.object({
    encryptedData: z.string(),
    iv: z.string(),
    authTag: z.string(),
    timestamp: z.string(),
    keyId: z.string(),
  }),
});
const agreed = z.object({ server: keys, key: bytes, fromServer: sample, fromClient: sample });
const vectors = z.object({
  client: keys,
  first: agreed.extend({ compressedFromClient: sample }),
  rotated: agreed,
});

describe("the vectors of docs/diet-encryption.md", async () => {
  const page = await Bun.file(join(import.meta.dir, "../../../docs/diet-encryption.md")).text();
  const block = /^```json vectors\n(.*?)^```$/ms.exec(page)?.[1] ?? "";
  const { client, first, rotated } = vectors.parse(JSON.parse(block));

  for (const [name, { server, key, fromServer, fromClient }] of Object.entries({ first, rotated })) {
    const announced = {
      publicKey: server.publicKey,
      keyId: fromServer.frame.keyId,
      algorithm: "AES-256-GCM" as const,
      keyRotationInterval: 3_600_000,
      compressionEnabled: false,
    };

    test(`the server derives the ${name} key, seals and opens as written there`, () => {
      const clientKey = importPublicKey(Buffer.from(client.publicKey, "base64"));
      const secret = agree(importPrivateKey(server.privateKey), clientKey);
      expect(secret.export()).toEqual(key);

      const prefix = Buffer.from(fromServer.frame.iv, "base64").subarray(0, 8);
      const session = new SessionKey(announced.keyId, secret, prefix);
      const sealed = session.seal(fromServer.plain, Date.parse(fromServer.frame.timestamp));
      expect(JSON.parse(sealed)).toEqual(fromServer.frame);
      expect(session.open(encryptedFrame.parse(fromClient.frame))?.toString()).toBe(fromClient.plain);
    });

    test(`a client derives the ${name} key, opens and seals as written there`, async () => {
      const cipher = await DietCipher.init(new Uint8Array(client.privateKey));
      expect(cipher.publicKey).toBe(client.publicKey);
      await cipher.rotate(announced);
      expect(await cipher.exportKey()).toEqual(key);

      expect(await cipher.open(fromServer.frame)).toBe(fromServer.plain);
      const { iv, timestamp } = fromClient.frame;
      const sealed = await cipher.seal(
        fromClient.plain,
        new Uint8Array(Buffer.from(iv, "base64")),
        timestamp,
      );
      expect(sealed).toEqual(fromClient.frame);
    });
  }

  test("the compressed frame opens and inflates", () => {
    const { plain, frame } = first.compressedFromClient;
    const session = new SessionKey(frame.keyId, createSecretKey(first.key));
    const opened = session.open(encryptedFrame.parse(frame));
    expect(inflate(opened ?? Buffer.alloc(0), 1_000)?.toString()).toBe(plain);
  });
});
