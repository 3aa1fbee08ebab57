import { POLICY } from "./connection.ts";

/** The data of `encryption.ready` and `encryption.rotate`. */
export interface Announcement {
  readonly publicKey: string;
  readonly keyId: string;
  readonly compressionEnabled: boolean;
}

/** Contract diet-game: Message Encryption. All in base64, but for the time, ISO 8601, and the name of the key. */
export interface SealedFrame {
  readonly encryptedData: string;
  readonly iv: string;
  readonly authTag: string;
  readonly timestamp: string;
  readonly keyId: string;
}

/** Seals and opens frames with the keys that both sides have agreed on. */
interface Cipher {
  /** For the data of `encryption.init`. */
  readonly publicKey: string;
  rotate(announcement: Announcement): Promise<void>;
  seal(frame: string): Promise<SealedFrame>;
  open(frame: SealedFrame): Promise<string>;
}

/** As much of a frame in plain text as is read here. */
interface PlainFrame {
  readonly id?: string;
  readonly type?: string;
  readonly success?: boolean;
  readonly data?: unknown;
}

/** A diet client's connection, as far as sealing needs it. */
export interface SealedLine {
  /** Says a message of the contract; its id. */
  say(type: string, data: object): string;
  /** Writes a frame on the line. */
  write(frame: string): void;
  read(frame: object): void;
  /** Everything is sealed from now on. */
  ready(): void;
  /** Says what costs nothing and concerns nobody. */
  ping(): void;
  /** The line is of no use any more; by the code of a policy no other one is made. */
  drop(reason: string, code?: number): void;
}

/**
 * Agrees on keys for one connection, and seals and opens its frames. Both take time, and change no
 * order.
 */
export class Sealing {
  #done = Promise.resolve();
  /** The server has agreed: from then on everything is sealed. */
  #isAgreed = false;
  #isOver = false;
  /** Id of the message that asks for encryption. */
  readonly #init: string;

  constructor(
    private readonly cipher: Cipher,
    private readonly line: SealedLine,
  ) {
    // At once, so that little of what waits for the user comes in plain text.
    this.#init = line.say("encryption.init", { publicKey: cipher.publicKey });
  }

  /** The connection is lost, and what is still being sealed for it as well. */
  end(): void {
    this.#isOver = true;
  }

  send(text: string): void {
    if (!this.#isAgreed) this.line.write(text);
    else {
      this.#afterwards("sealed", async () => {
        const sealed = await this.cipher.seal(text);
        if (!this.#isOver) this.line.write(JSON.stringify(sealed));
      });
    }
  }

  heard(frame: PlainFrame | SealedFrame): void {
    if (this.#isAgreed) {
      this.#afterwards("opened", async () => {
        if (!("encryptedData" in frame)) throw new Error("not encrypted");
        const plain: PlainFrame = JSON.parse(await this.cipher.open(frame));
        if (plain.type !== "encryption.rotate") this.#read(plain);
        else {
          await this.cipher.rotate(plain.data as Announcement);
          // The server forgets the old key at the first frame under the new one.
          if (!this.#isOver) this.line.ping();
        }
      });
    } else if ("encryptedData" in frame) return;
    else if (frame.type === "encryption.ready") {
      this.#isAgreed = true;
      this.#afterwards("opened", async () => {
        await this.cipher.rotate(frame.data as Announcement);
        if (!this.#isOver) this.line.ready();
      });
    } else if (frame.id === this.#init && frame.success === false) {
      this.line.drop("The server does not encrypt", POLICY);
    } else this.#read(frame);
  }

  #read(frame: object): void {
    if (!this.#isOver) this.line.read(frame);
  }

  /** Does this when all before it is done. */
  #afterwards(what: string, work: () => Promise<void>): void {
    this.#done = this.#done
      .then(() => (this.#isOver ? undefined : work()))
      // Somebody has a hand in it, or the two sides have lost each other.
      .catch(() => {
        if (!this.#isOver) this.line.drop(`A frame could not be ${what}`);
      });
  }
}
