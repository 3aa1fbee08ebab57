import type { Row } from "../../core/history.ts";
import { Refusal } from "../../core/refusal.ts";
import { rebase, type Splice } from "./rebase.ts";
import { wrong } from "./refuse.ts";
import { Text } from "./text.ts";

/** An edit as its author meant it: all of it is about the text at `version`, in UTF-16 units. */
export interface Edit {
  readonly version: number;
  readonly position: number;
  readonly length: number;
  readonly content: string;
}

/** What an edit comes to, ready to be applied. */
export interface Placed {
  /** Each makes a version, one after another. */
  readonly splices: readonly Splice[];
  readonly content: string;
  /** What the document will have then. */
  readonly bytes: number;
}

/**
 * An edit may be so many versions behind. No more than the core's window of repeats: an edit that is sent again is
 * either known or too old, and never applied twice.
 */
const HORIZON = 1_000;
/** After so many versions, or so much text, there is another snapshot. */
const SNAPSHOT_VERSIONS = 200;
const SNAPSHOT_UNITS = 262_144;

const SNAPSHOT = "snapshot";
const editKey = (number: number): string => `edit ${number}`;

/** The last splices are three numbers each: position, length, inserted. */
type Snapshot = readonly [version: number, text: string, recent: readonly number[]];
type SnapshotEdit = readonly [position: number, length: number, content: string];

/**
 * The text of a session. It is kept in rows of its own, a snapshot and the edits since; the room's events are
 * history, which an operator may have trimmed.
 */
export class Document {
  version = 0;
  #text = new Text();
  /** Of the text in JSON, without its quotes. */
  bytes = 0;
  /** The last splices, the horizon and some more. */
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
   * Throws a `Refusal` for a version of the future or too long ago, for a place that the text does not have or
   * that is inside a character, and for growth beyond `maxBytes`.
   */
  place({ version, position, length, content }: Edit, maxBytes: number): Placed {
    const unseen = this.#since(version);
    const end = unseen.reduce((units, each) => units + each.length - each.inserted, this.#text.length);
    if (position > end) throw wrong("position", `must be at most ${end} at version ${version}`);
    if (position + length > end) throw wrong("length", `must be at most ${end - position} there`);

    const splices = rebase({ position, length, inserted: content.length }, unseen);
    let bytes = this.bytes;
    for (const { position, length, inserted } of splices) {
      if (this.#isInsideCharacter(position) || this.#isInsideCharacter(position + length)) {
        throw wrong("position", "must not be, nor end, inside a surrogate pair");
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

  /** Returns the rows that keep it. */
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

  /** A snapshot in the place of so many edits. */
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

  /** What was applied after this version. */
  #since(version: number): readonly Splice[] {
    const behind = this.version - version;
    if (behind < 0) throw wrong("version", `must be at most ${this.version}`);
    if (behind > HORIZON) {
      throw wrong(
        "version",
        `is too old: join again (it is ${this.version} now, and at most ${HORIZON} behind)`,
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
