import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from "node:crypto";
import { iso } from "../../../core/protocol/time.ts";
import { SeenIvs } from "./seen-ivs.ts";
import type { EncryptedFrame } from "./wire.ts";

const ALGORITHM = "aes-256-gcm";
const PREFIX_BYTES = 8;
const MAX_SEALED = 2 ** 32;
/** More than a client can have in flight before it learns of the next key. */
const MAX_OPENED = 8_192;
const ENOUGH_OPENED = 1_024;
const ENOUGH_SEALED = 2 ** 24;

/**
 * One key, everything sealed with it, and everything opened with it. No iv is ever used or accepted twice.
 */
export class SessionKey {
  readonly #seen = new SeenIvs();

  constructor(
    readonly id: string,
    private readonly key: KeyObject,
    /** The first bytes of all ivs that the server seals with; a counter of 4 bytes follows. */
    private readonly prefix: Buffer = randomBytes(PREFIX_BYTES),
    /** How many frames it has sealed: the counter. */
    private sealed = 0,
  ) {}

  /**
   * The key has been used so often that the next one should follow. This leaves a wide margin before it
   * accepts no more.
   */
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
    return `{"encryptedData":"${data.toString("base64")}","iv":"${iv.toString("base64")}","authTag":"${tag.toString("base64")}","timestamp":"${iso(now)}","keyId":"${this.id}"}`;
  }

  /**
   * The plain bytes. Undefined for a frame that the client did not seal, that was received before, or that
   * exceeds the limit.
   */
  open({ encryptedData, iv, authTag }: EncryptedFrame): Buffer | undefined {
    if (this.#seen.size >= MAX_OPENED || this.#isOwn(iv) || this.#seen.has(iv)) return undefined;
    const plain = decrypt(this.key, encryptedData, iv, authTag);
    // Added only after authentication, so that forged frames cannot use up a client's ivs.
    if (plain) this.#seen.add(iv);
    return plain;
  }

  /** The server's own frame, sent back to it. */
  #isOwn(iv: Buffer): boolean {
    return this.prefix.compare(iv, 0, PREFIX_BYTES) === 0;
  }

  #nextIv(): Buffer {
    // A repeated iv would reveal both texts and the key of the tags.
    if (this.sealed >= MAX_SEALED)
      throw new Error(`the session key has sealed its maximum of ${MAX_SEALED} frames: rotate it`);
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
