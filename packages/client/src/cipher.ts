import { fromBase64, toBase64 } from "./base64.ts";
import { type Announcement, type SealedFrame, type SealedLine, Sealing } from "./sealing.ts";

interface Agreed {
  readonly key: CryptoKey;
  readonly keyId: string;
  readonly compresses: boolean;
  /** Of the last frame of the server under this key: its ivs are 8 bytes that stay and a counter that grows. */
  last: Uint8Array | undefined;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;
const COUNTER_AT = 8;

/**
 * The client's side of docs/diet-encryption.md, on Web Crypto, for one connection. Frames must be opened in the order
 * in which they come, and what `encryption.rotate` brings must be given to `rotate` before the next one.
 */
export class DietCipher {
  #agreed: Agreed | undefined;

  private constructor(
    /** For the data of `encryption.init`. */
    readonly publicKey: string,
    private readonly privateKey: CryptoKey,
  ) {}

  static async init(): Promise<DietCipher> {
    const pair = await crypto.subtle.generateKey("X25519", false, ["deriveBits"]);
    if (!("privateKey" in pair)) throw new Error("no pair of keys");
    const raw = await crypto.subtle.exportKey("raw", pair.publicKey);
    return new DietCipher(toBase64(new Uint8Array(raw)), pair.privateKey);
  }

  /** For the client: has everything on this connection sealed. */
  begin(line: SealedLine): Sealing {
    return new Sealing(this, line);
  }

  /** Takes the data of `encryption.ready` or of `encryption.rotate`: the key for all that follows. */
  async rotate({ publicKey, keyId, compressionEnabled }: Announcement): Promise<void> {
    const { subtle } = crypto;
    const other = await subtle.importKey("raw", fromBase64(publicKey), { name: "X25519" }, true, []);
    const secret = await subtle.deriveBits({ name: "X25519", public: other }, this.privateKey, 256);
    if (new Uint8Array(secret).every((byte) => byte === 0)) throw new Error("the shared secret is zero");
    const material = await subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
    const none = new Uint8Array();
    const key = await subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt: none, info: none },
      material,
      { name: "AES-GCM", length: 256 },
      false,
      ["encrypt", "decrypt"],
    );
    this.#agreed = { key, keyId, compresses: compressionEnabled, last: undefined };
  }

  async seal(frame: string): Promise<SealedFrame> {
    const { key, keyId, compresses } = this.#key();
    const text = new TextEncoder().encode(frame);
    const plain = compresses ? await through(text, new CompressionStream("deflate-raw")) : text;
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain));
    return {
      encryptedData: toBase64(sealed.subarray(0, -TAG_BYTES)),
      iv: toBase64(iv),
      authTag: toBase64(sealed.subarray(-TAG_BYTES)),
      timestamp: new Date().toISOString(),
      keyId,
    };
  }

  /** Rejects for a frame that the server did not seal with this key, or that has come before. */
  async open({ encryptedData, iv: ivText, authTag, keyId }: SealedFrame): Promise<string> {
    const agreed = this.#key();
    if (keyId !== agreed.keyId) throw new Error("sealed with another key");
    const iv = fromBase64(ivText);
    if (iv.length !== IV_BYTES || !follows(iv, agreed.last)) throw new Error("the iv does not follow");
    const sealed = new Uint8Array([...fromBase64(encryptedData), ...fromBase64(authTag)]);
    const plain = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, agreed.key, sealed));
    agreed.last = iv;
    return new TextDecoder().decode(
      agreed.compresses ? await through(plain, new DecompressionStream("deflate-raw")) : plain,
    );
  }

  #key(): Agreed {
    if (!this.#agreed) throw new Error("no key yet: encryption.ready has not come");
    return this.#agreed;
  }
}

/** The same first bytes, and a counter that has grown. */
function follows(iv: Uint8Array, last: Uint8Array | undefined): boolean {
  if (!last) return true;
  const counter = (bytes: Uint8Array) => new DataView(bytes.buffer).getUint32(COUNTER_AT);
  const isSame = last.subarray(0, COUNTER_AT).every((byte, index) => byte === iv[index]);
  return isSame && counter(iv) > counter(last);
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}
