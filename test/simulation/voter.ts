import { z } from "zod";
import type { Actor, Harness } from "../../src/verify/harness.ts";
import type { JsonSocket } from "../../src/verify/json-socket.ts";
import type { Item, Stay } from "../../src/verify/ledger.ts";
import { Outbox } from "../../src/verify/outbox.ts";

export const frame = z.object({
  type: z.string(),
  id: z.string().optional(),
  at: z.number().optional(),
  error: z.string().optional(),
  data: z.unknown().optional(),
});
export type Frame = z.output<typeof frame>;

export const pollOf = (room: string): string => room.slice("poll:".length);
const question = z.object({ text: z.string() });
export const CHOICES = ["Soup", "Bread", "Rice"] as const;
/** Characters that the choice of a vote of a flood has more than others, and bytes of its frame. */
const [PADDING, LONG] = [180, 260];

/** What a vote chooses: the same when it is sent again. */
export const choiceOf = ({ n, padding }: Item): string =>
  `${CHOICES[n % CHOICES.length]}${"!".repeat(padding)}`;
/** The item that a question or a tally shows, as the ledger finds it. */
export const shownBy = ({ type, id, data }: Frame): string | undefined => {
  if (type === "tally") return `${id} `;
  return type === "question" ? `${question.parse(data).text} ` : undefined;
};

export interface Part {
  readonly userId: string;
  readonly room: string;
  /** What the token opens. A member has the room from a backend. */
  readonly grants: readonly string[];
  readonly isStranger: boolean;
}

/** A user who votes in one poll. A vote is confirmed by the tally that everybody gets. */
export class Voter implements Actor {
  readonly rooms: readonly string[];
  readonly wire = undefined;
  readonly flood?: () => void;
  /** Every member is to see what is in the poll: false while a backend may have removed this one. */
  isMember = true;
  readonly #outbox: Outbox;
  #socket: JsonSocket | undefined;
  #stay: Stay | undefined;
  #isIn = false;
  #hasVoted = false;

  constructor(
    private readonly harness: Harness,
    readonly part: Part,
  ) {
    this.rooms = [part.room];
    this.#outbox = new Outbox(harness.ledger, part.userId, (item) =>
      this.#socket?.send({ type: "vote", id: item.key, pollId: pollOf(part.room), choice: choiceOf(item) }),
    );
    if (part.isStranger) return;
    this.flood = () => {
      for (let sent = 0; sent < harness.floodBytes; sent += LONG) this.#outbox.send(part.room, PADDING);
    };
  }

  get userId(): string {
    return this.part.userId;
  }

  get isIn(): boolean {
    return this.#socket?.isOpen === true && this.#isIn;
  }

  get isDone(): boolean {
    return this.#outbox.isEmpty;
  }

  async connect(): Promise<void> {
    if (this.#socket?.isOpen) return;
    const token = await this.harness.token(this.userId, this.part.grants);
    await this.harness.open(
      { path: "/api/poll/ws" },
      {
        opened: (socket) => {
          this.#socket = socket;
          socket.send({ type: "auth", token });
        },
        heard: (data) => this.#hear(frame.parse(data)),
        closed: (how) => this.#closed(how),
      },
    );
  }

  send(): void {
    if (this.isIn && this.#outbox.hasRoom) this.#outbox.send(this.part.room);
  }

  disturb(): void {
    if (!this.isIn) return; // Before it is admitted, any other frame means a bad token.
    this.#socket?.send("{");
    this.#socket?.send({ type: "vote", pollId: pollOf(this.part.room), choice: "" });
  }

  close(): void {
    this.#socket?.close();
  }

  #closed(how: string): void {
    this.harness.count(`closed ${how}`);
    if (this.#stay) this.#stay.isOpen = false;
    this.#stay = undefined;
    this.#isIn = false;
  }

  #hear(heard: Frame): void {
    const { ledger, count } = this.harness;
    const { isStranger, room } = this.part;
    const { type, id, at, error, data } = heard;
    const text = shownBy(heard);
    if (type === "welcome") {
      this.#isIn = true;
      if (!isStranger && this.isMember) this.#stay = ledger.enter(this.userId, room, undefined);
      this.#outbox.resend();
      // Everybody votes once before anything goes wrong, so that there is something to forget.
      if (this.#stay && !this.#hasVoted) this.send();
      this.#hasVoted = true;
    } else if (type === "error") {
      count(`poll error ${error}`);
      const item = id === undefined ? undefined : ledger.items.get(id);
      if (item) this.#outbox.refused(item);
      // Its entry was not stored, so it connects again.
      else if (!this.isIn) this.#socket?.close();
    } else if (text !== undefined) {
      const item = ledger.find(room, text);
      if (!item) return;
      ledger.hear(this.userId, item, this.#stay);
      if (item.sender === this.userId) this.#outbox.confirmed(item, JSON.stringify([at, data]));
    }
  }
}
