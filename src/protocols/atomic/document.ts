import type { Row } from "../../core/ports/store.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { rebase, type Splice } from "./rebase.ts";
import { wrong } from "./refusals.ts";
import { Text } from "./text.ts";

/** An edit as its author meant it: it refers to the text at `version`, in UTF-16 units. */
export interface Edit {
  readonly version: number;
  readonly position: number;
  readonly length: number;
  readonly content: string;
}

/** The changes that an edit makes, ready to be applied. */
export interface Placed {
  /** Each splice makes a version, in this order. */
  readonly splices: readonly Splice[];
  readonly content: string;
  /** Size of the document after the edit. */
  readonly bytes: number;
}

/**
 * How many versions an edit may be behind. No more than the core's deduplication window: an edit that is sent
 * again is either known or too old, and never applied twice.
 */
const HORIZON = 1_000;
/** The number of versions, or the amount of text, after which the document makes another snapshot. */
const SNAPSHOT_VERSIONS = 200;
const SNAPSHOT_UNITS = 262_144;

const SNAPSHOT = "snapshot";
const editKey = (number: number): string => `edit ${number}`;

/** The last splices are three numbers each: position, length, inserted. */
type Snapshot = readonly [version: number, text: string, recent: readonly number[]];
type SnapshotEdit = readonly [position: number, length: number, content: string];

/**
 * The text of a session. It is stored in rows of its own, a snapshot and the edits since. The room's events
 * are history, which an operator may have trimmed.
 */
export class Document {
  version = 0;
  #text = new Text();
  /** Size of the text in JSON, without its quotes. */
  bytes = 0;
  /** The last splices: at least as many as the horizon. */
  #recent: Splice[] = [];
  #editsSince = 0;
  #unitsSince = 0;

  static restore(rows: ReadonlyMap<string, string>): Document {
    const document = new Document();
    const snapshot = rows.get(SNAPSHOT);
    if (snapshot !== undefined) document.#load(JSON.parse(snapshot));
    for (
      let row = rows.get(editKey(1));
      row !== undefined;
      row = rows.get(editKey(document.#editsSince + 1))
    ) {
      const [position, length, content]: SnapshotEdit = JSON.parse(row);
      document.#splice({ position, length, inserted: content.length }, content);
    }
    document.bytes = bytesOf(document.text);
    return document;
  }

  get text(): string {
    return this.#text.toString();
  }

  /**
   * Throws a `Refusal` for a version that does not exist yet or is too old, for a position outside the text
   * or inside a character, and for growth beyond `maxBytes`.
   */
  place({ version, position, length, content }: Edit, maxBytes: number): Placed {
    const unseen = this.#since(version);
    const end = unseen.reduce((units, each) => units + each.length - each.inserted, this.#text.length);
    if (position > end) throw wrong("position", `must be at most ${end} at version ${version}`);
    if (position + length > end) throw wrong("length", `must be at most ${end - position} at this position`);

    const splices = rebase({ position, length, inserted: content.length }, unseen);
    let bytes = this.bytes;
    for (const { position, length, inserted } of splices) {
      if (this.#isInsideCharacter(position) || this.#isInsideCharacter(position + length)) {
        throw wrong("position", "must neither be inside a surrogate pair nor end inside one");
      }
      if (length > 0) bytes -= bytesOf(this.#text.slice(position, position + length));
      if (inserted > 0) bytes += bytesOf(content);
    }
    if (bytes > maxBytes && bytes > this.bytes) {
      const message = `the document would have more than ${maxBytes} bytes`;
      throw new Refusal("too_long", "too_long", { issues: [{ path: "content", message }] });
    }
    return { splices, content, bytes };
  }

  /** Returns the rows that store the edit. */
  apply({ splices, content, bytes }: Placed): Row[] {
    const kept = this.#editsSince;
    const rows = splices.map((splice): Row => {
      const text = splice.inserted > 0 ? content : "";
      this.#splice(splice, text);
      const edit: SnapshotEdit = [splice.position, splice.length, text];
      return { table: "state", key: editKey(this.#editsSince), value: JSON.stringify(edit) };
    });
    this.bytes = bytes;
    const isDue = this.#editsSince >= SNAPSHOT_VERSIONS || this.#unitsSince >= SNAPSHOT_UNITS;
    return isDue ? this.#snapshot(kept) : rows;
  }

  /** A snapshot that replaces this number of edits. */
  #snapshot(edits: number): Row[] {
    this.#recent = this.#recent.slice(-HORIZON);
    const recent = this.#recent.flatMap(({ position, length, inserted }) => [position, length, inserted]);
    const snapshot: Snapshot = [this.version, this.text, recent];
    const keys = Array.from({ length: edits }, (_, index) => editKey(index + 1));
    this.#editsSince = 0;
    this.#unitsSince = 0;
    return [
      { table: "state", key: SNAPSHOT, value: JSON.stringify(snapshot) },
      ...keys.map((key): Row => ({ table: "state", key, value: null })),
    ];
  }

  #load([version, text, recent]: Snapshot): void {
    this.version = version;
    this.#text = new Text(text);
    for (let at = 0; at < recent.length; at += 3) {
      this.#recent.push({ position: recent[at]!, length: recent[at + 1]!, inserted: recent[at + 2]! });
    }
  }

  /** The splices after this version. */
  #since(version: number): readonly Splice[] {
    const behind = this.version - version;
    if (behind < 0) throw wrong("version", `must be at most ${this.version}`);
    if (behind > HORIZON) {
      throw wrong(
        "version",
        `is too old: join again (the document is at version ${this.version}; an edit may be at most ${HORIZON} versions behind)`,
      );
    }
    return behind === 0 ? [] : this.#recent.slice(-behind);
  }

  #splice(splice: Splice, content: string): void {
    const { position, length } = splice;
    this.#text.splice(position, length, content);
    this.version++;
    this.#recent.push(splice);
    this.#editsSince++;
    this.#unitsSince += content.length;
  }

  #isInsideCharacter(position: number): boolean {
    return position > 0 && SURROGATE_PAIR.test(this.#text.slice(position - 1, position + 1));
  }
}

const SURROGATE_PAIR = /^[\ud800-\udbff][\udc00-\udfff]$/;

const bytesOf = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2;
