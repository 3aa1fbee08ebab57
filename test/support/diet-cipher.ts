import type { Announcement } from "../../src/protocols/diet/encryption/wire.ts";

/** The shape of an encrypted frame on the wire: all of it text. */
export interface SealedFrame {
  encryptedData: string;
  iv: string;
  authTag: string;
  timestamp: string;
  keyId: string;
}

/** Before the 32 bytes of an X25519 private key in PKCS #8 (RFC 8410, section 7). */
export const PKCS8_X25519 = Buffer.from("302e020100300506032b656e04220420", "hex");
const TAG_BYTES = 16;

async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

/**
 * A client's side of docs/diet-encryption.md, built on Web Crypto: nothing of the server's own encryption is
 * in it. The server's frames must be given to `open` in order, and what `encryption.rotate` brings to `rotate`
 * before the next one.
 */
export class DietCipher {
  #key: CryptoKey | undefined;
  #keyId = "";
  #compresses = false;

  private constructor(
    /** For the data of `encryption.init`. */
    readonly publicKey: string,
    private readonly privateKey: CryptoKey,
  ) {}

  /** `secret` is a private key, 32 bytes. */
  static async init(secret = crypto.getRandomValues(new Uint8Array(32))): Promise<DietCipher> {
    const key = await crypto.subtle.importKey(
      "pkcs8",
      Buffer.concat([PKCS8_X25519, secret]),
      "X25519",
      true,
      ["deriveBits"],
    );
    const { x = "" } = await crypto.subtle.exportKey("jwk", key);
    return new DietCipher(Buffer.from(x, "base64url").toString("base64"), key);
  }

  /** Takes the data of `encryption.ready`, or of `encryption.rotate`: the key for all that follows. */
  async rotate({ publicKey, keyId, compressionEnabled }: Announcement): Promise<void> {
    const { subtle } = crypto;
    const server = await subtle.importKey("raw", Buffer.from(publicKey, "base64"), "X25519", true, []);
    const secret = await subtle.deriveBits({ name: "X25519", public: server }, this.privateKey, 256);
    const material = await subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
    const none = new Uint8Array();
    this.#key = await subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt: none, info: none },
      material,
      { name: "AES-GCM", length: 256 },
      true,
      ["encrypt", "decrypt"],
    );
    this.#keyId = keyId;
    this.#compresses = compressionEnabled;
  }

  async seal(frame: string, iv?: Uint8Array<ArrayBuffer>, timestamp?: string): Promise<SealedFrame> {
    const bytes = new TextEncoder().encode(frame);
    const plain = this.#compresses ? await through(bytes, new CompressionStream("deflate-raw")) : bytes;
    return this.sealBytes(plain, iv, timestamp);
  }

  /** Without a look at what it seals. */
  async sealBytes(
    plain: Uint8Array<ArrayBuffer>,
    iv = crypto.getRandomValues(new Uint8Array(12)),
    timestamp = new Date().toISOString(),
  ): Promise<SealedFrame> {
    const sealed = Buffer.from(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.#agreed(), plain));
    return {
      encryptedData: sealed.subarray(0, -TAG_BYTES).toString("base64"),
      iv: Buffer.from(iv).toString("base64"),
      authTag: sealed.subarray(-TAG_BYTES).toString("base64"),
      timestamp,
      keyId: this.#keyId,
    };
  }

  /** Rejects when the frame was not sealed with the key that the server should have used. */
  async open({ encryptedData, iv, authTag, keyId }: SealedFrame): Promise<string> {
    if (keyId !== this.#keyId) throw new Error(`sealed with key ${keyId}, not ${this.#keyId}`);
    const sealed = Buffer.concat([Buffer.from(encryptedData, "base64"), Buffer.from(authTag, "base64")]);
    const algorithm = { name: "AES-GCM", iv: Buffer.from(iv, "base64") };
    const plain = new Uint8Array(await crypto.subtle.decrypt(algorithm, this.#agreed(), sealed));
    const bytes = this.#compresses ? await through(plain, new DecompressionStream("deflate-raw")) : plain;
    return new TextDecoder().decode(bytes);
  }

  /** The 32 bytes of the key. */
  async exportKey(): Promise<Buffer> {
    return Buffer.from(await crypto.subtle.exportKey("raw", this.#agreed()));
  }

  #agreed(): CryptoKey {
    if (!this.#key) throw new Error("no key yet: encryption.ready has not come");
    return this.#key;
  }
}
