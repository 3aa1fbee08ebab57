import type { Frame } from "../../support/client.ts";
import { AT } from "../../support/diet.ts";
import { DietCipher, type SealedFrame } from "../../support/diet-cipher.ts";
import type { TestServer } from "../../support/server.ts";

/** A connection of the app over a real socket, plain or encrypted; it keeps its frames as the app reads them. */
export class Session {
  readonly frames: Frame[] = [];
  readonly closed: Promise<void>;
  /** Of events. */
  readonly #ids = new Set<string>();
  #taken = 0;
  #asked = 0;
  #cipher: DietCipher | undefined;
  #incoming: Promise<void> = Promise.resolve();
  #outgoing: Promise<void> = Promise.resolve();
  #waiting: {
    wants: (frame: Frame) => boolean;
    resolve: (frame: Frame) => void;
    reject: (why: Error) => void;
  }[] = [];

  private constructor(
    readonly userId: string,
    private readonly socket: WebSocket,
  ) {
    socket.addEventListener("message", ({ data }) => {
      this.#incoming = this.#incoming.then(() => this.#hear(JSON.parse(String(data))));
    });
    this.closed = new Promise((resolve) =>
      socket.addEventListener("close", ({ code, reason }) => {
        const why = new Error(`${userId}'s connection closed: ${code} ${reason}`);
        void this.#incoming.then(() => {
          for (const { reject } of this.#waiting.splice(0)) reject(why);
        });
        resolve();
      }),
    );
  }

  static async open(server: TestServer, userId: string): Promise<Session> {
    const socket = new WebSocket(server.url("/api/diet/ws"));
    const session = new Session(userId, socket);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", reject, { once: true });
    });
    return session;
  }

  /** Resolves to whether it may stay. */
  async authenticate(token: string, userId = this.userId): Promise<boolean> {
    this.send({ type: "auth", token, userId, sessionId: "s" });
    return (await this.#wait((frame) => frame["type"] === "auth_response"))["success"];
  }

  /** From here on nothing but encrypted frames. */
  async seal(): Promise<void> {
    if (this.#cipher) return;
    this.#cipher = await DietCipher.init();
    const { publicKey } = this.#cipher;
    await this.ask(
      { id: `seal-${++this.#asked}`, type: "encryption.init", timestamp: AT, data: { publicKey } },
      true,
    );
    await this.#wait((frame) => frame["type"] === "encryption.ready");
  }

  /** Resolves to the response. */
  async ask(frame: Frame, inPlain = false): Promise<Frame> {
    const answer = this.#wait(({ id, success }) => id === frame["id"] && success !== undefined);
    this.send(frame, inPlain);
    return answer;
  }

  send(frame: Frame, inPlain = false): void {
    const text = JSON.stringify(frame);
    const cipher = inPlain ? undefined : this.#cipher;
    // Sealing takes its time, and must not change the order.
    this.#outgoing = this.#outgoing.then(async () => {
      this.socket.send(cipher ? JSON.stringify(await cipher.seal(text)) : text);
    });
  }

  /** Resolves when all has arrived that the server sent before it answered, to the events of it that are new. */
  async events(): Promise<Frame[]> {
    const id = `nothing-${++this.#asked}`;
    const data = { messageId: "none", userId: this.userId, readAt: AT };
    await this.ask({ id, type: "message.read", timestamp: AT, data });
    const fresh = this.frames.slice(this.#taken).filter(({ success }) => success === undefined);
    this.#taken = this.frames.length;
    for (const { id, type } of fresh) {
      if (this.#ids.has(id)) throw new Error(`${this.userId} gets event ${id} twice: ${type}`);
      this.#ids.add(id);
    }
    return fresh.filter(({ type }) => type !== "encryption.ready");
  }

  close(): void {
    this.socket.close();
  }

  #wait(wants: (frame: Frame) => boolean): Promise<Frame> {
    return new Promise((resolve, reject) => this.#waiting.push({ wants, resolve, reject }));
  }

  async #hear(frame: Frame): Promise<void> {
    const opened: Frame = isSealed(frame) ? JSON.parse((await this.#cipher?.open(frame)) ?? "{}") : frame;
    if (opened["type"] === "encryption.ready") await this.#cipher?.rotate(opened["data"]);
    this.frames.push(opened);
    const waiting = this.#waiting.findIndex(({ wants }) => wants(opened));
    if (waiting >= 0) this.#waiting.splice(waiting, 1)[0]?.resolve(opened);
  }
}

const isSealed = (frame: Frame): frame is SealedFrame & Frame => "encryptedData" in frame;
