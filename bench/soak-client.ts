/** A frame of any contract, as far as the soak looks into it. */
export interface Frame {
  readonly type?: string;
  readonly id?: string;
  readonly event?: string;
  readonly success?: boolean;
  readonly data?: Record<string, unknown>;
  readonly payload?: Record<string, unknown>;
}

const ANSWER_MS = 10_000;

/** A client that waits for its answers and keeps nothing else. */
export class SoakClient {
  readonly ended = Promise.withResolvers<string>();
  #waiting: { isAnswer(frame: Frame): boolean; resolve(frame: Frame): void } | undefined;
  #leaving = false;

  private constructor(
    private readonly socket: WebSocket,
    private readonly heard: (frame: Frame, client: SoakClient) => void,
    private readonly wrong: (what: string) => void,
  ) {
    socket.onmessage = ({ data }) => {
      const frame: Frame = JSON.parse(String(data));
      this.heard(frame, this);
      if (!this.#waiting?.isAnswer(frame)) return;
      this.#waiting.resolve(frame);
      this.#waiting = undefined;
    };
    socket.onclose = ({ code, reason }) => {
      if (!this.#leaving) this.wrong(`closed ${code} ${reason}`);
      this.ended.resolve(`${code}`);
    };
  }

  static async dial(
    url: string,
    heard: (frame: Frame, client: SoakClient) => void,
    wrong: (what: string) => void,
    protocols?: string,
  ): Promise<SoakClient> {
    const socket = new WebSocket(url, protocols === undefined ? [] : [protocols]);
    const client = new SoakClient(socket, heard, wrong);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error("no connection"));
    });
    return client;
  }

  send(frame: unknown): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  /** Sends it, and resolves to its answer. Rejects when there is none within 10 s. */
  async ask(frame: unknown, isAnswer: (frame: Frame) => boolean): Promise<Frame> {
    const { promise, resolve, reject } = Promise.withResolvers<Frame>();
    const timer = setTimeout(() => reject(new Error("no answer within 10 s")), ANSWER_MS);
    this.#waiting = { isAnswer, resolve };
    this.send(frame);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Half of them say goodbye, the others are gone. */
  async leave(): Promise<void> {
    this.#leaving = true;
    if (Math.random() < 0.5) this.socket.close();
    else this.socket.terminate();
    await Promise.race([this.ended.promise, Bun.sleep(1_000)]);
  }
}
