import type { Frame } from "./client.ts";
import { CLOSE, type RawFrame, TEXT } from "./raw-frames.ts";
import { RawSocket } from "./raw-socket.ts";
import type { TestServer } from "./server.ts";

/** What was said, by `<sender> <n>`: a message must arrive as this. */
export type Said = ReadonlyMap<string, string>;

/**
 * A gurukul client of bare TCP that checks what it reads. The messages of a chat must come by their offsets; and
 * what a sender does in a chat (messages, numbered by `messageId`, and typing, by `agentId`, counted together)
 * must come without a gap.
 */
export class ChatReader {
  /** What was missing, out of order or altered. */
  readonly problems: string[] = [];
  closeCode: number | undefined;
  readonly #offsets = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  #historyNext = false;
  #ponged = false;
  #changed = Promise.withResolvers<void>();

  private constructor(
    readonly userId: string,
    readonly peer: RawSocket,
    private readonly said: Said,
  ) {}

  static async connect(server: TestServer, userId: string, said: Said, query = ""): Promise<ChatReader> {
    const path = `/ws?token=${await server.token(userId)}${query}`;
    const peer = await RawSocket.upgrade(server.port, path, { onFrame: (frame) => reader.#take(frame) });
    const reader = new ChatReader(userId, peer, said);
    void peer.ended.then(() => reader.#wake());
    return reader;
  }

  async join(chatId: string): Promise<void> {
    this.peer.say("chat_update", { action: "join", chatId });
    await this.until(() => this.#offsets.has(chatId));
  }

  get isOpen(): boolean {
    return !this.peer.isEnded;
  }

  /** Whether it has read this chat up to this offset. */
  reached(chatId: string, offset: number): boolean {
    return (this.#offsets.get(chatId) ?? 0) >= offset;
  }

  /** Until it has read what makes this true, or has a problem, or the connection ends. */
  async until(done: () => boolean): Promise<void> {
    while (!done() && this.isOpen && this.problems.length === 0) await this.#changed.promise;
  }

  /** Leaves these chats, and reads all that was sent to it until then. */
  async finish(chatIds: readonly string[]): Promise<void> {
    for (const chatId of chatIds) this.peer.say("chat_update", { action: "leave", chatId });
    this.peer.say("ping", { timestamp: 1 });
    await this.until(() => this.#ponged);
  }

  #take({ opcode, payload }: RawFrame): void {
    if (this.closeCode !== undefined) this.problems.push(`opcode ${opcode} after the close frame`);
    if (opcode === CLOSE) this.closeCode = payload.readUInt16BE(0);
    if (opcode === TEXT) this.#frame(JSON.parse(payload.toString()));
    this.#wake();
  }

  #frame({ type, data }: Frame): void {
    if (type === "batch") {
      for (const frame of data.messages) this.#event(frame, this.#historyNext);
      this.#historyNext = false;
    } else if (type === "chat_update") {
      // A late joiner's history may begin anywhere.
      this.#historyNext = data.updates.messageCount > 0;
      this.#offsets.set(data.chatId, this.#historyNext ? Number.NaN : 0);
    } else if (type === "pong") this.#ponged = true;
    else if (type === "error") this.problems.push(`error: ${data.message}`);
    else this.#event({ type, data }, false);
  }

  #event({ type, data }: Frame, isHistory: boolean): void {
    const sender: string = data.message?.userId ?? data.userId;
    const count = Number(data.messageId ?? data.agentId);
    // That somebody who leaves no longer types is said by the server.
    if (Number.isNaN(count)) return;
    if (type === "message") this.#message(data, `${sender} ${data.chatId} ${count}`);
    // Nobody hears himself type, so there are gaps between his own messages, as there are in history.
    if (!isHistory && sender !== this.userId) this.#count(`${data.chatId} ${sender}`, count);
  }

  #message({ chatId, message }: Frame, key: string): void {
    const offset = Number(/-(\d+)$/.exec(message.id)?.[1]);
    const last = this.#offsets.get(chatId) ?? 0;
    if (offset !== last + 1 && !Number.isNaN(last)) {
      this.problems.push(`${chatId}: offset ${offset} after ${last}`);
    }
    if (message.content !== this.said.get(key)) this.problems.push(`${chatId}: offset ${offset} altered`);
    this.#offsets.set(chatId, offset);
  }

  #count(key: string, count: number): void {
    const last = this.#counts.get(key) ?? count - 1;
    if (count !== last + 1) this.problems.push(`${key}: ${count} after ${last}`);
    this.#counts.set(key, count);
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
