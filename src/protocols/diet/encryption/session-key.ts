import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from "node:crypto";
import { SeenIvs } from "./seen-ivs.ts";
import type { EncryptedFrame } from "./wire.ts";

const ALGORITHM = "aes-256-gcm";
const PREFIX_BYTES = 8;
const MAX_SEALED = 2 ** 32;
/** More than a client can have on its way before it hears of the next key. */
const MAX_OPENED = 8_192;
const ENOUGH_OPENED = 1_024;
const ENOUGH_SEALED = 2 ** 24;

/** One key: everything sealed with it, and what was opened with it. No iv is ever used or taken twice. */
export class SessionKey {
  readonly #seen = new SeenIvs();

  constructor(
    readonly id: string,
    private readonly key: KeyObject,
    /** The first bytes of all ivs that the server seals with; a counter of 4 bytes follows. */
    private readonly prefix: Buffer = randomBytes(PREFIX_BYTES),
    /** How many it has sealed: the counter. */
    private sealed = 0,
  ) {}

  /** It has been used so much that the next one should come, well before it takes no more. */
  get worn(): boolean {
    return this.#seen.size >= ENOUGH_OPENED || this.sealed >= ENOUGH_SEALED;
  }

  /** The text of an encrypted frame around `plain`. `now` is in milliseconds since the epoch. */
  seal(plain: string | Buffer, now: number): string {
    const iv = this.#nextIv();
    const cipher = createCipheriv(ALGORITHM, this.key, iv);
    const data = typeof plain === "string" ? cipher.update(plain, "utf8") : cipher.update(plain);
    // GCM holds nothing back for `final`, which only completes the tag.
    cipher.final();
    const tag = cipher.getAuthTag();
    return `{"encryptedData":"${data.toString("base64")}","iv":"${iv.toString("base64")}","authTag":"${tag.toString("base64")}","timestamp":"${new Date(now).toISOString()}","keyId":"${this.id}"}`;
  }

  /** What was sealed; undefined when it was not sealed by the client, or came before, or is one too many. */
  open({ encryptedData, iv, authTag }: EncryptedFrame): Buffer | undefined {
    if (this.#seen.size >= MAX_OPENED || this.#isOwn(iv) || this.#seen.has(iv)) return undefined;
    const plain = decrypt(this.key, encryptedData, iv, authTag);
    // Only now: what anybody made up must not use up a client's ivs.
    if (plain) this.#seen.add(iv);
    return plain;
  }

  /** A frame of the server that comes back to it. */
  #isOwn(iv: Buffer): boolean {
    return this.prefix.compare(iv, 0, PREFIX_BYTES) === 0;
  }

  #nextIv(): Buffer {
    // A repeated iv would give away both texts and the key of the tags.
    if (this.sealed >= MAX_SEALED) throw new Error("a session key has sealed all that it may");
    const iv = Buffer.allocUnsafe(PREFIX_BYTES + 4);
    this.prefix.copy(iv);
    iv.writeUInt32BE(this.sealed++, PREFIX_BYTES);
    return iv;
  }
}

function decrypt(key: KeyObject, data: Buffer, iv: Buffer, tag: Buffer): Buffer | undefined {
  const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: 16 });
  decipher.setAuthTag(tag);
  const plain = decipher.update(data);
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return plain;
}
