import type { Frame, TestClient } from "./client.ts";
import { AT, type DietClient, dietClient, message } from "./diet.ts";
import { DietCipher } from "./diet-cipher.ts";
import type { TestServer, TokenOptions } from "./server.ts";

const SEALED = ["authTag", "encryptedData", "iv", "keyId", "timestamp"];

/** A client of the diet app whose connection is encrypted. It takes no frame that is not. */
export class SealedClient {
  /** What was in the frames that have been read, in order. */
  readonly frames: Frame[] = [];
  #unread = 0;

  constructor(
    readonly userId: string,
    readonly client: TestClient,
    readonly cipher: DietCipher,
  ) {}

  async send(frame: unknown): Promise<void> {
    this.client.send(await this.cipher.seal(typeof frame === "string" ? frame : JSON.stringify(frame)));
  }

  async ask(type: string, data: Frame): Promise<Frame> {
    const frame = message(type, data);
    await this.send(frame);
    return this.next(({ id, success }) => id === frame["id"] && success !== undefined);
  }

  event(type: string): Promise<Frame> {
    return this.next((frame) => frame["type"] === type && frame["success"] === undefined);
  }

  /** The next that this accepts; the others before it are passed over. Goes along with rotations. */
  async next(accepts: (frame: Frame) => boolean = () => true): Promise<Frame> {
    for (;;) {
      while (this.#unread < this.frames.length) {
        const frame = this.frames[this.#unread++]!;
        if (accepts(frame)) return frame;
      }
      await this.#read();
    }
  }

  async #read(): Promise<void> {
    const sealed = await this.client.next();
    const fields = Object.keys(sealed).sort();
    if (`${fields}` !== `${SEALED}`) throw new Error(`a plain frame: ${JSON.stringify(sealed)}`);
    const frame: Frame = JSON.parse(await this.cipher.open(sealed as Parameters<DietCipher["open"]>[0]));
    if (frame["type"] === "encryption.rotate") await this.cipher.rotate(frame["data"]);
    this.frames.push(frame);
  }
}

/** Sends `encryption.init`; resolves to both frames that answer it, in order. */
export async function initialise({ client }: DietClient, publicKey: string): Promise<[Frame, Frame]> {
  client.send(message("encryption.init", { publicKey }));
  const response = await client.next("encryption.init");
  return [response, await client.next()];
}

export async function sealedClient(
  server: TestServer,
  userId: string,
  options?: TokenOptions,
): Promise<SealedClient> {
  const plain = await dietClient(server, userId, options);
  const cipher = await DietCipher.init();
  const [, ready] = await initialise(plain, cipher.publicKey);
  await cipher.rotate(ready["data"]);
  return new SealedClient(userId, plain.client, cipher);
}

/** A message that is answered, and does nothing. */
export const alive = (client: SealedClient): Promise<Frame> =>
  client.ask("message.read", { messageId: "none", userId: client.userId, readAt: AT });

/** The data of a message to the group `g`. */
export const groupMessage = (fromUserId: string, messageId: string): Frame => ({
  ...{ messageId, groupId: "g", fromUserId, content: messageId, timestamp: AT },
});
