import { z } from "zod";
import type { Actor, Harness } from "../harness.ts";
import type { JsonSocket } from "../json-socket.ts";
import type { Item } from "../ledger.ts";
import type { Wire } from "../wire.ts";
import type { Session } from "./session.ts";

export const frame = z.object({
  type: z.string(),
  id: z.string().optional(),
  error: z.string().optional(),
  data: z.unknown().optional(),
});
export const joined = z.object({ content: z.string(), version: z.number() });
const ack = z.object({ version: z.number() });
const edit = z.object({
  version: z.number(),
  position: z.number(),
  length: z.number().optional(),
  content: z.string().optional(),
});

/** How many words an author leaves in the document before it removes its oldest. */
const WORDS = 20;
const JOIN = "join";
export const PATH = "/api/collaboration/ws";

/** One change: a word is inserted or removed. */
interface Change {
  readonly item: Item;
  readonly word: string;
  readonly takes: boolean;
}

/**
 * An author of a document, which consists of words that end with a space: each word is an item. The author
 * has one edit in flight at a time, and applies it when it is acknowledged.
 */
export class Author implements Actor {
  readonly rooms: readonly string[];
  readonly #words: string[] = [];
  #socket: JsonSocket | undefined;
  #text: string | undefined;
  #version = 0;
  /** The last version that it has had on any connection. A node that is behind has an older one. */
  #seen = 0;
  /** The change that waits for its ack, at the position to which earlier edits have moved it. */
  #change: Change | undefined;
  #splice: { position: number; length: number } | undefined;

  constructor(
    private readonly harness: Harness,
    readonly userId: string,
    private readonly session: Session,
    private readonly grants: readonly string[],
    readonly wire: Wire | undefined,
    /** Words that must be in the document in the end, and words that must not. */
    private readonly outcome: Map<string, boolean>,
  ) {
    this.rooms = [session.room];
  }

  get isIn(): boolean {
    return this.#socket?.isOpen === true && this.#text !== undefined;
  }

  get isDone(): boolean {
    return this.#change === undefined;
  }

  get version(): number {
    return this.#version;
  }

  /** Its own words may be missing in an older text. */
  get #isCurrent(): boolean {
    return this.#version >= this.#seen;
  }

  async connect(): Promise<void> {
    if (this.#socket?.isOpen) return;
    const token = await this.harness.token(this.userId, this.grants);
    this.#text = undefined;
    await this.harness.open(
      { wire: this.wire, path: `${PATH}?token=${token}` },
      {
        opened: (socket) => {
          this.#socket = socket;
          socket.send({
            type: "join_session",
            id: JOIN,
            data: { sessionId: this.session.id, role: "participant" },
          });
        },
        heard: (data) => this.#hear(frame.parse(data)),
        closed: (how) => {
          this.#text = undefined;
          this.harness.count(`closed ${how}`);
        },
      },
    );
  }

  send(): void {
    if (!this.isIn || this.#change || !this.#isCurrent) return;
    const word = this.#words.length >= WORDS ? this.#words.shift() : undefined;
    const item = this.harness.ledger.newItem(this.userId, this.session.room);
    this.#change = { item, word: word ?? `${item.key} `, takes: word !== undefined };
    this.#send();
  }

  disturb(): void {
    this.#socket?.send({
      type: "edit",
      id: "broken",
      data: { operation: "insert", position: 1e9, version: 1e9 },
    });
  }

  close(): void {
    this.#socket?.close();
    this.wire?.close();
  }

  /** Edits go between two words, or over a whole word, so that no word is ever split. */
  #send(): void {
    const { item, word, takes } = this.#change!;
    const text = this.#text ?? "";
    const at = takes ? text.indexOf(word) : this.#boundary(text);
    // The word is gone already; the server recognises the repeat at any position.
    this.#splice = { position: Math.max(0, at), length: takes ? word.length : 0 };
    const place = { sessionId: this.session.id, version: this.#version, position: this.#splice.position };
    const data = takes
      ? { operation: "delete", length: word.length, ...place }
      : { operation: "insert", content: word, ...place };
    this.#socket?.send({ type: "edit", id: item.key, data });
  }

  #boundary(text: string): number {
    if (text === "") return 0;
    return text.lastIndexOf(" ", this.harness.random.whole(0, text.length - 1)) + 1;
  }

  #hear({ type, id, error, data }: z.output<typeof frame>): void {
    const { ledger, count } = this.harness;
    if (type === "session_joined") this.#joined(joined.parse(data));
    else if (type === "edit") this.#edit(edit.parse(data));
    else if (type === "edit_ack" && id === this.#change?.item.key) this.#acked(ack.parse(data).version);
    else if (type === "error") {
      count(`collaboration error ${error}`);
      // The join was not stored, so the author joins again. A user without access stays outside.
      if (id === JOIN && this.grants.includes(this.session.room)) this.#socket?.close();
      const change = this.#change;
      if (!change || id !== change.item.key) return;
      ledger.refused(change.item);
      // Whether an earlier attempt was stored is unknown.
      if (change.item.attempts > 1) this.outcome.delete(change.word);
      else if (change.takes) this.#words.push(change.word);
      else this.outcome.set(change.word, false);
      this.#change = undefined;
      this.#splice = undefined;
    }
  }

  #joined({ content, version }: z.output<typeof joined>): void {
    if (!this.grants.includes(this.session.room)) {
      this.harness.ledger.faults.add("access", `${this.userId} got access to ${this.session.room}`);
    }
    this.session.saw(this.userId, version, content);
    this.#text = content;
    this.#reached(version);
    this.#splice = undefined;
    if (!this.#change) return;
    this.harness.ledger.resent(this.#change.item);
    if (this.#isCurrent) this.#send();
  }

  #reached(version: number): void {
    this.#version = version;
    this.#seen = Math.max(this.#seen, version);
  }

  #edit({ version, position, length = 0, content = "" }: z.output<typeof edit>): void {
    this.harness.ledger.heard++;
    if (this.#text === undefined) return;
    if (version !== this.#version + 1) {
      const fault = version > this.#version ? "gap" : "order";
      const what = `${this.userId} heard version ${version} of ${this.session.room} after ${this.#version}`;
      this.harness.ledger.faults.add(fault, what);
    }
    this.#apply(position, length, content, version);
    if (this.#change && !this.#splice && this.#isCurrent) this.#send();
    else this.#rebase(position, length, content);
  }

  #rebase(position: number, length: number, content: string): void {
    const mine = this.#splice;
    if (!mine) return;
    // As the contract rebases: text that others removed is gone, and at a tie the earlier text stays left.
    const without = (at: number) => (at <= position ? at : Math.max(position, at - length));
    const end = without(mine.position + mine.length);
    mine.position = without(mine.position);
    mine.length = end - mine.position;
    if (mine.position >= position) mine.position += content.length;
  }

  #acked(version: number): void {
    const { item, word, takes } = this.#change!;
    const { position, length } = this.#splice!;
    if (version === this.#version + 1) this.#apply(position, length, takes ? "" : word, version);
    else if (version > this.#version + 1) {
      const what = `${this.userId} was acknowledged version ${version} of ${this.session.room} after ${this.#version}`;
      this.harness.ledger.faults.add("gap", what);
    }
    this.harness.ledger.confirmed(item, `${version}`);
    this.outcome.set(word, !takes);
    if (!takes) this.#words.push(word);
    this.#change = undefined;
    this.#splice = undefined;
  }

  #apply(position: number, length: number, content: string, version: number): void {
    const text = this.#text ?? "";
    this.#text = text.slice(0, position) + content + text.slice(position + length);
    this.#reached(version);
    this.session.saw(this.userId, version, this.#text);
  }
}
