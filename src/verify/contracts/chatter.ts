import { z } from "zod";
import type { Actor, Harness } from "../harness.ts";
import type { JsonSocket } from "../json-socket.ts";
import { type Item, type Stay, textOf } from "../ledger.ts";
import { Outbox } from "../outbox.ts";
import type { Wire } from "../wire.ts";

export const message = z.object({
  id: z.string(),
  userId: z.string(),
  chatId: z.string(),
  content: z.string(),
});
const frame = z.object({ type: z.string(), data: z.unknown().optional() });
type Frame = z.output<typeof frame>;
const said = z.object({ message });
const batch = z.object({ messages: z.array(frame) });
const update = z.object({ chatId: z.string(), updates: z.object({ messageCount: z.number() }) });
const error = z.object({ code: z.number() });

export const roomOf = (chatId: string): string => `chat:${chatId}`;
/** Characters of each message of a flood. */
const LONG = 8_000;

export interface Part {
  readonly userId: string;
  readonly chats: readonly string[];
  /** The rooms that the token opens. The others are open by membership or not at all. */
  readonly grants: readonly string[];
  /** Gets its room frames in batches. */
  readonly batched: boolean;
  /** Only listens: in late batches its answers could not be told apart from unsolicited errors. */
  readonly mute: boolean;
}

/**
 * A chat's member. Its messages are answered in order, each by the message itself or by an error, so an error
 * belongs to the oldest unanswered one. A message that was sent again may come without being the answer: an earlier
 * attempt is stored only now, and the repeat may still be refused. Where an error may be that refusal or a later
 * message's, nobody knows whose it is, and the member connects again.
 */
export class Chatter implements Actor {
  readonly rooms: readonly string[];
  readonly send?: () => void;
  readonly flood?: () => void;
  readonly #outbox: Outbox;
  readonly #stays = new Map<string, Stay>();
  /** What waits for an answer on this connection: a chat to join, an item, or a broken frame. */
  #asked: (string | Item | undefined)[] = [];
  /** Items among these that were sent again and have come since. */
  readonly #come = new Set<Item>();
  #socket: JsonSocket | undefined;
  #turn = 0;

  constructor(
    private readonly harness: Harness,
    private readonly part: Part,
    readonly wire: Wire | undefined,
  ) {
    this.rooms = part.chats.map(roomOf);
    this.#outbox = new Outbox(harness.ledger, part.userId, (item) => {
      this.#asked.push(item);
      const chatId = item.room.slice("chat:".length);
      this.#send("message", { chatId, content: textOf(item), messageId: item.key });
    });
    if (part.mute) return;
    this.send = () => this.isIn && this.#outbox.hasRoom && this.#outbox.send(this.#nextRoom());
    if (this.rooms.some((room) => part.grants.includes(room)))
      this.flood = () => {
        const room = this.#nextRoom();
        for (let sent = 0; sent < harness.floodBytes; sent += LONG) this.#outbox.send(room, LONG);
      };
  }

  get userId(): string {
    return this.part.userId;
  }

  get isIn(): boolean {
    return this.#socket?.isOpen === true && this.#asked.every((asked) => typeof asked !== "string");
  }

  get isDone(): boolean {
    return this.#outbox.isEmpty;
  }

  async connect(): Promise<void> {
    if (this.#socket?.isOpen) return;
    const token = await this.harness.token(this.userId, this.part.grants);
    const path = `/ws?token=${token}${this.part.batched ? "&batch=1" : ""}`;
    await this.harness.open(
      { wire: this.wire, path: path },
      {
        opened: (socket) => this.#opened(socket),
        heard: (data) => this.#hear(frame.parse(data)),
        closed: (how) => this.#closed(how),
      },
    );
  }

  join(chatId: string): void {
    this.#asked.push(chatId);
    this.#send("chat_update", { action: "join", chatId });
  }

  /** The user was told that they lost access to the chat. */
  leave(chatId: string): void {
    const stay = this.#stays.get(chatId);
    if (stay) stay.isOpen = false;
    this.#stays.delete(chatId);
  }

  disturb(): void {
    this.#socket?.send("{ this is no JSON");
    this.#socket?.send(new Uint8Array([1, 2, 3]));
    this.#socket?.send({ type: "constructor", data: {}, timestamp: 1 });
    this.#asked.push(undefined, undefined, undefined);
  }

  close(): void {
    this.#socket?.close();
    this.wire?.close();
  }

  #nextRoom(): string {
    return this.rooms[this.#turn++ % this.rooms.length] ?? "";
  }

  #send(type: string, data: unknown): void {
    this.#socket?.send({ type, data, timestamp: Date.now() });
  }

  #opened(socket: JsonSocket): void {
    this.#socket = socket;
    this.#asked = [];
    this.#come.clear();
    for (const chatId of this.part.chats) this.join(chatId);
    this.#outbox.resend();
  }

  #closed(how: string): void {
    this.harness.count(`closed ${how}`);
    for (const chatId of [...this.#stays.keys()]) this.leave(chatId);
  }

  #hear({ type, data }: Frame): void {
    if (type === "message") this.#message(said.parse(data).message);
    else if (type === "chat_update") this.#update(update.parse(data));
    else if (type === "batch") this.#batch(batch.parse(data).messages);
    else if (type === "error") this.#error(error.parse(data).code);
  }

  #message({ id, chatId, userId, content }: z.output<typeof message>): void {
    const item = this.harness.ledger.find(roomOf(chatId), content);
    if (!item) return;
    this.harness.ledger.hear(this.userId, item, this.#stays.get(chatId));
    if (userId !== this.userId) return;
    if (item.attempts > 1 && !this.#come.has(item)) this.#come.add(item);
    else this.#answered(item);
    this.#outbox.confirmed(item, id);
  }

  /** The answer to a join. For a chat with history, the `batch` shows from where on the connection hears. */
  #update({ chatId, updates }: z.output<typeof update>): void {
    if (updates.messageCount === 0 && this.#asked.includes(chatId)) this.#entered(chatId, null);
  }

  #batch(frames: readonly Frame[]): void {
    const last = frames.at(-1);
    const { chatId, content } = last?.type === "message" ? said.parse(last.data).message : {};
    // Only a connection that asked for batches gets unsolicited frames in one.
    const isLive = this.part.batched && !this.#asked.includes(chatId ?? "");
    if (chatId === undefined || isLive) {
      for (const one of frames) this.#hear(one);
    } else this.#entered(chatId, this.harness.ledger.find(roomOf(chatId), content ?? ""));
  }

  #entered(chatId: string, after: Item | null | undefined): void {
    this.#answered(chatId);
    this.leave(chatId);
    this.#stays.set(chatId, this.harness.ledger.enter(this.userId, roomOf(chatId), after));
  }

  #error(code: number): void {
    this.harness.count(`gurukul error ${code}`);
    const asked = this.#asked[0];
    if (typeof asked === "object" && this.#come.has(asked)) {
      this.#socket?.close();
      return;
    }
    this.#asked.shift();
    // Removed or not admitted: for a member the error may mean either, and any chat, so it leaves them all.
    if (this.part.mute && code === 403) for (const chatId of [...this.#stays.keys()]) this.leave(chatId);
    if (typeof asked === "object") this.#outbox.refused(asked);
    else if (asked !== undefined && code !== 403) this.join(asked);
  }

  /** All that was asked before has been answered too. */
  #answered(asked: string | Item): void {
    this.#asked.splice(0, this.#asked.indexOf(asked) + 1);
  }
}
