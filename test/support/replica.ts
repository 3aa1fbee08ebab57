import type { Frame } from "./client.ts";

/** One character of a replica's text, one or two UTF-16 units long. No other character of a session is the same. */
interface Character {
  readonly text: string;
  /** The server has it; otherwise it is the replica's own, and not acknowledged. */
  known: boolean;
  /** Its own character is on the way to the server. */
  sent: boolean;
  /** Taken away here; `sent`: on the way to the server. */
  cut: "here" | "sent" | undefined;
}

const own = (text: string): Character => ({ text, known: false, sent: false, cut: undefined });
const known = (text: string): Character => ({ text, known: true, sent: false, cut: undefined });
const isUnsent = (one: Character): boolean => !one.known && !one.sent;
const isCutHere = (one: Character): boolean => one.known && one.cut === "here";
const textOf = (all: readonly Character[]): string => all.map(({ text }) => text).join("");

/**
 * A client of a session as an editor would be: what is done here shows at once, one edit is on the way at a time,
 * and what comes from others is woven in. It knows each character from every other and reckons with no positions
 * but those on the wire, so that it shares nothing with the way the server rebases.
 */
export class Replica {
  version = 0;
  #characters: Character[] = [];
  #inFlight: { readonly id: string; readonly data: Frame } | undefined;
  /** Joined again with an edit on the way: what has come since, until that is acknowledged. */
  #doubt: { readonly joined: Frame; readonly since: Frame[] } | undefined;
  #isIn = false;
  #sent = 0;

  constructor(
    readonly userId: string,
    /** Sends a frame, while it is connected. */
    public tell: (type: string, data: Frame, id?: string) => void,
  ) {}

  /** What its user sees. */
  get text(): string {
    return textOf(this.#visible());
  }

  /** The document at `version`, as far as it has heard. */
  get knownText(): string {
    return textOf(this.#characters.filter((one) => one.known));
  }

  get isSettled(): boolean {
    const isPending = (one: Character) => !one.known || one.cut !== undefined;
    return this.#isIn && !this.#doubt && !this.#inFlight && !this.#characters.some(isPending);
  }

  get length(): number {
    return this.#visible().length;
  }

  /** Inserts characters at a position of the text that its user sees. */
  type(at: number, characters: readonly string[]): void {
    const next = this.#visible()[at];
    const index = next ? this.#characters.indexOf(next) : this.#characters.length;
    this.#characters.splice(index, 0, ...characters.map(own));
  }

  /** Takes characters away and returns them. */
  erase(at: number, count: number): string[] {
    const gone = this.#visible().slice(at, at + count);
    for (const one of gone) one.cut = "here";
    // Nobody else has ever seen these.
    this.#characters = this.#characters.filter((one) => !(isUnsent(one) && one.cut));
    return gone.map(({ text }) => text);
  }

  /** Joins, after a connection was made. */
  join(): void {
    this.#isIn = false;
    this.#doubt = undefined;
    this.tell("join_session", { sessionId: "", role: "participant" });
  }

  /** Sends the first or another of its changes, when none is on the way. `which` chooses. */
  flush(which: number): void {
    if (!this.#isIn || this.#inFlight || this.#doubt) return;
    const changes = this.#characters.flatMap((one, index) =>
      (isUnsent(one) || isCutHere(one)) && this.#begins(index) ? [index] : [],
    );
    const start = changes[which % changes.length];
    if (start === undefined) return;
    const typed = this.#run(start, isUnsent);
    const cut = this.#run(start + typed.length, isCutHere);
    for (const one of typed) one.sent = true;
    for (const one of cut) one.cut = "sent";
    const position = textOf(this.#characters.slice(0, start).filter((one) => one.known)).length;
    const content = textOf(typed);
    const { length } = textOf(cut);
    const operation = length === 0 ? "insert" : content === "" ? "delete" : "replace";
    const data = {
      ...{ operation, position, version: this.version },
      ...(length > 0 && { length }),
      ...(content !== "" && { content }),
    };
    this.#inFlight = { id: `${this.userId}-${++this.#sent}`, data };
    this.tell("edit", data, this.#inFlight.id);
  }

  receive({ type, data, error }: Frame): void {
    if (type === "error") throw new Error(`${this.userId} is refused: ${error}`);
    if (type === "session_joined") this.#joined(data);
    else if (!this.#isIn) return;
    else if (type === "edit" && this.#doubt) this.#doubt.since.push(data);
    else if (type === "edit") this.#weave(data);
    else if (type === "edit_ack") this.#acknowledged(data);
  }

  #joined(joined: Frame): void {
    this.#isIn = true;
    if (this.#inFlight) {
      // Whether the document has it only its ack will tell.
      this.#doubt = { joined, since: [] };
      this.tell("edit", this.#inFlight.data, this.#inFlight.id);
    } else this.#begin(joined);
  }

  #acknowledged({ version }: Frame): void {
    this.#inFlight = undefined;
    const doubt = this.#doubt;
    this.#doubt = undefined;
    if (!doubt) {
      this.#characters = this.#characters.filter((one) => one.cut !== "sent");
      for (const one of this.#characters) {
        one.known ||= one.sent;
        one.sent = false;
      }
      this.version = version;
    } else if (version <= doubt.joined["version"]) {
      this.#begin(doubt.joined);
      for (const edit of doubt.since) this.#weave(edit);
    } else this.join();
  }

  /** Begins anew from a document, with its own changes that the server does not have, each where it was. */
  #begin({ content, version }: Frame): void {
    const before = this.#characters;
    const cut = new Set(before.filter((one) => one.cut).map(({ text }) => text));
    const now = Array.from(String(content), known);
    for (const one of now) if (cut.has(one.text)) one.cut = "here";
    for (const [index, one] of before.entries()) {
      if (!isUnsent(one)) continue;
      const left = before.slice(0, index).findLast(({ text }) => now.some((other) => other.text === text));
      now.splice(left ? now.findIndex(({ text }) => text === left.text) + 1 : 0, 0, one);
    }
    this.#characters = now;
    this.version = version;
  }

  #weave({ position, length = 0, content = "", version }: Frame): void {
    if (version !== this.version + 1) throw new Error(`${this.userId} got ${version} at ${this.version}`);
    this.version = version;
    const start = this.#after(position);
    const end = this.#after(position + length);
    const left = this.#characters.slice(start, end).filter((one) => !one.known);
    this.#characters.splice(start, end - start, ...Array.from(String(content), known), ...left);
  }

  /** The index right behind a number of units that the server knows, left of all its own text there. */
  #after(units: number): number {
    let [index, passed] = [0, 0];
    for (const [at, one] of this.#characters.entries()) {
      if (passed === units) break;
      if (one.known) passed += one.text.length;
      index = at + 1;
    }
    if (passed !== units)
      throw new Error(`${this.userId} got a position inside a character or behind the end`);
    return index;
  }

  #visible(): Character[] {
    return this.#characters.filter((one) => !one.cut);
  }

  /** The characters from here on that are such, without a gap. */
  #run(start: number, isSuch: (one: Character) => boolean): Character[] {
    const end = this.#characters.findIndex((one, index) => index >= start && !isSuch(one));
    return this.#characters.slice(start, end === -1 ? undefined : end);
  }

  /** A change begins here, and not in the middle of one. */
  #begins(index: number): boolean {
    const [before, here] = [this.#characters[index - 1], this.#characters[index]];
    if (!before || !here) return true;
    return isUnsent(here) ? !isUnsent(before) : !isCutHere(before) && !isUnsent(before);
  }
}
