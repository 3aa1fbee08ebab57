/** A frame as a client sees it. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into frames of every contract; an assertion on a wrong field fails by itself.
export type Frame = Record<string, any>;

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** An ordinary WebSocket client that keeps what arrives until it is asked for. */
export class TestClient {
  /** Everything that has arrived, in order. */
  readonly frames: Frame[] = [];
  readonly closed: Promise<Closing>;
  #unread = 0;
  #arrived = Promise.withResolvers<void>();

  constructor(readonly socket: WebSocket) {
    socket.addEventListener("message", ({ data }) => {
      this.frames.push(JSON.parse(String(data)));
      this.#wake();
    });
    this.closed = new Promise((resolve) =>
      socket.addEventListener("close", ({ code, reason }) => {
        resolve({ code, reason });
        this.#wake();
      }),
    );
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** A string goes out as it is, anything else as JSON. */
  send(frame: unknown): void {
    this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** The next unread frame of this type, or that this accepts; earlier unread ones are passed over. */
  async next(wanted: string | ((frame: Frame) => boolean) = () => true): Promise<Frame> {
    const accepts = typeof wanted === "string" ? (frame: Frame) => frame["type"] === wanted : wanted;
    for (;;) {
      while (this.#unread < this.frames.length) {
        const frame = this.frames[this.#unread++]!;
        if (accepts(frame)) return frame;
      }
      if (this.socket.readyState === WebSocket.CLOSED) {
        const seen = JSON.stringify(this.frames.slice(-5));
        throw new Error(`closed before ${wanted} came; the last frames were ${seen}`);
      }
      await this.#arrived.promise;
    }
  }

  /** Sends a gurukul frame of this type. */
  say(type: string, data: Frame): void {
    this.send({ type, data, timestamp: Date.now() });
  }

  /** Joins a gurukul chat; resolves to its `chat_update`. */
  join(chatId: string): Promise<Frame> {
    this.say("chat_update", { action: "join", chatId });
    return this.next((frame) => frame["type"] === "chat_update" && frame["data"].chatId === chatId);
  }

  /**
   * Everything unread until the server has answered a ping: what has not come by then was not sent before
   * it. (Gurukul.)
   */
  async drain(): Promise<Frame[]> {
    const from = this.#unread;
    const timestamp = Math.random();
    this.say("ping", { timestamp });
    await this.next((frame) => frame["type"] === "pong" && frame["data"].timestamp === timestamp);
    return this.frames.slice(from, this.#unread - 1);
  }

  /** The same by any message that is answered. */
  async until(message: unknown, isAnswer: (frame: Frame) => boolean): Promise<Frame[]> {
    const from = this.#unread;
    this.send(message);
    await this.next(isAnswer);
    return this.frames.slice(from, this.#unread - 1);
  }

  close(): void {
    this.socket.close();
  }

  #wake(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }
}

/** Resolves once the socket is open; rejects when the upgrade is refused. */
export async function connect(url: string, options?: Bun.WebSocketOptions): Promise<TestClient> {
  const socket = new WebSocket(url, options);
  const client = new TestClient(socket);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve(), { once: true });
    socket.addEventListener("error", () => reject(new Error(`no connection to ${url.split("?")[0]}`)), {
      once: true,
    });
  });
  return client;
}
