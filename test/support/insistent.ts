import type { Frame } from "./client.ts";

/** What a client means to say, until it is confirmed. */
interface Intent {
  readonly type: "message" | "read_receipt";
  readonly data: Frame;
}

const IN_FLIGHT = 8;
/** The number of messages of others after which it reads. */
const READS_EVERY = 7;
/** The number of confirmations that it doubts when it comes back: it sends those messages again too. */
const DOUBTS = 3;

/**
 * A gurukul client that talks as fast as confirmations allow. What was not confirmed when the connection
 * broke it sends again when it comes back, in its order and before anything new.
 */
export class Insistent {
  /** Frames that confirmed its messages, as text, by messageId. */
  readonly confirmed = new Map<string, string>();
  /** Message ids whose receipt was confirmed. */
  readonly read = new Set<string>();
  /** Messages that were confirmed twice, the second time with another frame. */
  readonly contradicted: string[] = [];
  #unconfirmed = new Map<string, Intent>();
  #said: Intent[] = [];
  #heard = 0;
  #socket: WebSocket | undefined;
  #talking = true;
  #rested = Promise.withResolvers<void>();

  constructor(
    readonly userId: string,
    private readonly chats: readonly string[],
    private readonly onConfirmed: () => void,
  ) {}

  /** Resolves when the socket is open, or never will be, and talks on from there. */
  async comeBack(url: string): Promise<void> {
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket) this.#hear(String(data));
    });
    // Where the server is gone already, what it says now is lost like anything else.
    await new Promise((resolve) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("close", resolve, { once: true });
    });
    for (const chatId of this.chats) this.#send("chat_update", { action: "join", chatId });
    const doubted = this.#said.filter(({ data }) => this.confirmed.has(data["messageId"])).slice(-DOUBTS);
    const again = [...doubted, ...this.#unconfirmed.values()];
    for (const intent of doubted) this.#unconfirmed.set(intent.data["messageId"], intent);
    for (const { type, data } of again) this.#send(type, data);
    this.#talk();
  }

  /** Says nothing new. Resolves when all that it said is confirmed. */
  async rest(): Promise<void> {
    this.#talking = false;
    if (this.#unconfirmed.size > 0) await this.#rested.promise;
  }

  #talk(): void {
    while (this.#talking && this.#unconfirmed.size < IN_FLIGHT) {
      const n = this.#said.length;
      const data = {
        chatId: this.chats[n % this.chats.length],
        content: `${this.userId} says ${n}`,
        messageId: `${this.userId}-${n}`,
      };
      this.#said.push({ type: "message", data });
      this.#want(data.messageId, { type: "message", data });
    }
    if (this.#unconfirmed.size === 0) this.#rested.resolve();
  }

  #want(key: string, intent: Intent): void {
    this.#unconfirmed.set(key, intent);
    this.#send(intent.type, intent.data);
  }

  #hear(text: string): void {
    const { type, data }: Frame = JSON.parse(text);
    if (type === "message" && data.message.userId === this.userId) {
      const earlier = this.confirmed.get(data.messageId);
      if (earlier !== undefined && earlier !== text) this.contradicted.push(data.messageId);
      this.confirmed.set(data.messageId, text);
      this.#confirm(data.messageId);
    } else if (type === "message" && this.#talking && ++this.#heard % READS_EVERY === 0) {
      const { chatId, id } = data.message;
      this.#want(id, { type: "read_receipt", data: { chatId, messageIds: [id], userId: this.userId } });
    } else if (type === "read_receipt" && data.userId === this.userId) {
      for (const id of data.messageIds) {
        this.read.add(id);
        this.#confirm(id);
      }
    } else if (type === "error") throw new Error(`refused: ${text}`);
  }

  #confirm(key: string): void {
    if (this.#unconfirmed.delete(key)) this.onConfirmed();
    this.#talk();
  }

  #send(type: string, data: Frame): void {
    this.#socket?.send(JSON.stringify({ type, data, timestamp: Date.now() }));
  }
}
