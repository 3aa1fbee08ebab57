import type { ChatReader } from "./chat-reader.ts";
import type { Random } from "./random.ts";

/** As many characters as one text may have. */
const LONGEST = 10_000;

/** What senders say at random in a few chats, and how far the chats have come with it. */
export class Script {
  /** Texts by sender, chat and count. */
  readonly said = new Map<string, string>();
  readonly #offsets = new Map<string, number>();
  readonly #counts = new Map<string, number>();

  constructor(
    private readonly random: Random,
    private readonly chats: readonly string[],
  ) {}

  /** The sender types or says something, in one of the chats. */
  act({ userId, peer }: ChatReader): void {
    const chatId = this.random.pick(this.chats);
    const key = `${userId} ${chatId}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (this.random.chance(0.1)) {
      peer.say("typing", { chatId, userId, agentId: `${count}`, isTyping: true });
      return;
    }
    const content = this.#text(`${key} ${count} `);
    this.said.set(`${key} ${count}`, content);
    this.#offsets.set(chatId, (this.#offsets.get(chatId) ?? 0) + 1);
    peer.say("message", { chatId, content, messageId: `${count}` });
  }

  /** All of it, up to now. */
  isReadBy(reader: ChatReader): boolean {
    return [...this.#offsets].every(([chatId, offset]) => reader.reached(chatId, offset));
  }

  /** One to four bytes a character, mostly short, some as long as a text may be. */
  #text(start: string): string {
    const { random } = this;
    const kind = random.next();
    const length = kind < 0.6 ? random.whole(1, 300) : kind < 0.9 ? random.whole(300, 3_000) : LONGEST;
    return start + random.pick(["x", "é", "漢", "😀"]).repeat(Math.max(1, length - start.length));
  }
}
