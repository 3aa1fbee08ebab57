import { type KeyObject, randomBytes } from "node:crypto";
import { Refusal } from "../../../core/protocol/refusal.ts";
import { safeParse } from "../../../core/protocol/safe-parse.ts";
import { base64Of } from "./base64.ts";
import { deflate, inflate } from "./compression.ts";
import { agree, createKeyPair, importPublicKey } from "./key-agreement.ts";
import { SessionKey } from "./session-key.ts";
import { type Announcement, type EncryptedFrame, encryptedFrame } from "./wire.ts";

export interface EncryptionSettings {
  /** Milliseconds between two rotations. The server announces it to clients; the caller's clock keeps it. */
  readonly rotationMs: number;
  readonly compression: boolean;
  /** The largest frame that is opened, in bytes of its plain text. */
  readonly maxPlainBytes: number;
}

/** The same text for every fault of a frame, so that nobody learns by trying which fault it was. */
const NOT_OPENED = "Frame cannot be decrypted";

const rawPublicKey = base64Of(32);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The encryption of one connection (contract: Message Encryption; docs/diet-encryption.md). */
export class Encryption {
  /** The data of `encryption.ready`, the last frame that goes out in plain text. */
  readonly ready: Announcement;
  #current: SessionKey;
  /** The previous key. The client may still seal with it, until a frame shows that it has the current one. */
  #previous: SessionKey | undefined;

  private constructor(
    private readonly clientKey: KeyObject,
    private readonly settings: EncryptionSettings,
  ) {
    const { data, key } = this.#createKey();
    this.ready = data;
    this.#current = key;
  }

  /**
   * `clientPublicKey` is that of `encryption.init`, in base64. Throws a `Refusal` for a key that would not
   * keep a secret.
   */
  static begin(clientPublicKey: string, settings: EncryptionSettings): Encryption {
    const raw = rawPublicKey.safeParse(clientPublicKey);
    if (!raw.success) throw badPublicKey("must be 32 bytes in base64");
    try {
      return new Encryption(importPublicKey(raw.data), settings);
    } catch (cause) {
      throw badPublicKey("must be a usable X25519 key", cause);
    }
  }

  /** The key is used up and `rotate` is due, before its time is over. It is cheap: ask after every frame. */
  get wantsRotation(): boolean {
    return this.#current.worn;
  }

  /**
   * Makes the next key. `announce` must seal and send `encryption.rotate` before it returns: that is the last
   * frame under the old key. Returns false, and does nothing, while the client has not shown that it has the
   * previous key: with a third key its frames in flight could not be opened.
   */
  rotate(announce: (data: Announcement) => void): boolean {
    if (this.#previous) return false;
    const { data, key } = this.#createKey();
    announce(data);
    this.#previous = this.#current;
    this.#current = key;
    return true;
  }

  /**
   * Seals an ordinary frame into the text to send. Send in the order of sealing. `now` is in milliseconds
   * since the epoch.
   */
  seal(frame: string, now: number): string {
    return this.#current.seal(this.settings.compression ? deflate(frame) : frame, now);
  }

  /** Opens an encrypted frame, which comes parsed from JSON but unchecked. Throws a `Refusal`. */
  open(frame: unknown): string {
    const parsed = safeParse(encryptedFrame, frame);
    const sealed = parsed.success ? this.#decrypt(parsed.data) : undefined;
    const plain = sealed && this.settings.compression ? inflate(sealed, this.settings.maxPlainBytes) : sealed;
    if (!plain || plain.length > this.settings.maxPlainBytes) throw new Refusal("bad_envelope", NOT_OPENED);
    try {
      return utf8.decode(plain);
    } catch {
      throw new Refusal("bad_envelope", NOT_OPENED);
    }
  }

  #decrypt(frame: EncryptedFrame): Buffer | undefined {
    if (frame.keyId === this.#previous?.id) return this.#previous.open(frame);
    if (frame.keyId !== this.#current.id) return undefined;
    const plain = this.#current.open(frame);
    if (plain) this.#previous = undefined;
    return plain;
  }

  #createKey(): { data: Announcement; key: SessionKey } {
    const { publicKey, privateKey } = createKeyPair();
    const keyId = randomBytes(8).toString("hex");
    const data: Announcement = {
      publicKey,
      keyId,
      algorithm: "AES-256-GCM",
      keyRotationInterval: this.settings.rotationMs,
      compressionEnabled: this.settings.compression,
    };
    return { data, key: new SessionKey(keyId, agree(privateKey, this.clientKey)) };
  }
}

const badPublicKey = (message: string, cause?: unknown): Refusal =>
  new Refusal("invalid", "Bad public key", { issues: [{ path: "data.publicKey", message }], cause });
