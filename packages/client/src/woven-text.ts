import { type Change, isInsideCharacter } from "./change.ts";
import { difference } from "./difference.ts";

/** A stretch of text that has gone the same way. */
export interface Stretch {
  readonly text: string;
  /** The server has it; otherwise it was typed here, and is not acknowledged. */
  readonly known: boolean;
  /** Typed here, and on the way to the server. */
  readonly sent: boolean;
  /** Taken away here; `sent`: that is on the way to the server. */
  readonly cut: "no" | "here" | "sent";
  /** It is one of the pieces in which one long text goes: the server has all of them in the end, or none. 0: it is not. */
  readonly whole: number;
  /** Taken away for that long text. */
  readonly cutFor: number;
}

const fresh = { sent: false, cut: "no", whole: 0, cutFor: 0 } as const;
const known = (text: string): Stretch => ({ ...fresh, text, known: true });
const isKnown = (one: Stretch): boolean => one.known;
const isVisible = ({ cut }: Stretch): boolean => cut === "no";
const isTyped = ({ known, sent }: Stretch): boolean => !known && !sent;
const isCutHere = ({ known, cut }: Stretch): boolean => known && cut === "here";
const isAlike = (one: Stretch, other: Stretch): boolean =>
  one.known === other.known &&
  one.sent === other.sent &&
  one.cut === other.cut &&
  one.whole === other.whole &&
  one.cutFor === other.cutFor;
const textOf = (all: readonly Stretch[]): string => all.map(({ text }) => text).join("");

/** UTF-16 units that one edit brings at most: they fit into a frame however JSON escapes them. */
const MAX_CONTENT = 8_192;

/**
 * A text that is edited here and elsewhere. What is done here shows at once. Each stretch remembers whether the server
 * has it, so that positions on the wire, which count what the server has, find their place without being carried over
 * anything.
 *
 * It gives the same result as the server's rebasing: text of others goes left of own text where the two meet, and nobody
 * takes away what he had not seen. At most one edit may be on the way.
 */
export class WovenText {
  #stretches: Stretch[];
  /** How many long texts there were. */
  #wholes = 0;

  constructor(from: string | readonly Stretch[] = "") {
    this.#stretches = typeof from === "string" ? [known(from)] : [...from];
    for (const { whole, cutFor } of this.#stretches) this.#wholes = Math.max(this.#wholes, whole, cutFor);
  }

  /** All of its state, for a later one. */
  get stretches(): readonly Stretch[] {
    return [...this.#stretches];
  }

  /** As it is shown. */
  get text(): string {
    return textOf(this.#stretches.filter(isVisible));
  }

  /** As the server has it, as far as that is known. */
  get knownText(): string {
    return textOf(this.#stretches.filter(isKnown));
  }

  /** As the server has it once it has what is on the way. */
  get acknowledgedText(): string {
    return textOf(this.#stretches.filter(({ known, sent, cut }) => (known || sent) && cut !== "sent"));
  }

  get isSettled(): boolean {
    return this.#stretches.every((one) => one.known && isVisible(one));
  }

  /** Throws a `RangeError` for a place that the text does not have, or inside a character. */
  edit({ position, length, content }: Change): void {
    const { text } = this;
    const end = position + length;
    if (!(position >= 0 && length >= 0 && end <= text.length)) throw new RangeError("outside of the text");
    if (isInsideCharacter(text, position) || isInsideCharacter(text, end)) {
      throw new RangeError("inside a character");
    }
    const start = this.#before(position);
    const gone = length === 0 ? [] : this.#stretches.splice(start, this.#behind(end, isVisible) - start);
    const whole = content.length > MAX_CONTENT ? ++this.#wholes : 0;
    // Nobody else has ever seen what was typed and not sent.
    const cut = gone
      .filter((one) => !isTyped(one))
      .map((one) => (isVisible(one) ? { ...one, cut: "here" as const, cutFor: whole } : one));
    this.#put(start, [{ ...fresh, text: content.toWellFormed(), known: false, whole }, ...cut]);
  }

  /** The first change that is not sent, about the known text; from now on it is on the way. */
  take(): Change | undefined {
    const first = this.#stretches.findIndex((one) => isTyped(one) || isCutHere(one));
    const change = this.#stretches[first];
    if (!change) return undefined;
    const position = textOf(this.#stretches.slice(0, first).filter(isKnown)).length;
    if (change.known) {
      this.#stretches[first] = { ...change, cut: "sent" };
      return { position, length: change.text.length, content: "" };
    }
    const content = headOf(change.text);
    const rest = change.text.slice(content.length);
    const whole = change.whole || (rest === "" ? 0 : ++this.#wholes);
    const next = this.#stretches[first + 1];
    const cut = rest === "" && next && isCutHere(next) ? next : undefined;
    this.#stretches.splice(
      first,
      cut ? 2 : 1,
      { ...change, text: content, sent: true, whole },
      ...(cut ? [{ ...cut, cut: "sent" as const }] : []),
      ...(rest === "" ? [] : [{ ...change, text: rest, whole }]),
    );
    if (rest !== "" && next && isCutHere(next)) this.#stretches[first + 2] = { ...next, cutFor: whole };
    return { position, length: cut?.text.length ?? 0, content };
  }

  /** The server has what was on the way. */
  acknowledge(): void {
    const here = this.#stretches
      .filter(({ cut }) => cut !== "sent")
      .map((one) => ({ ...one, known: one.known || one.sent, sent: false }));
    const pending = new Set(here.flatMap((one) => (one.known ? [one.cutFor] : [one.whole, one.cutFor])));
    this.#stretches = [];
    this.#put(
      0,
      here.map((one) => (pending.has(one.whole) ? one : { ...one, whole: 0 })),
    );
  }

  /** What was on the way has not arrived: it is to be sent again, as another edit. */
  takeBack(): void {
    const all = this.#stretches;
    this.#stretches = [];
    this.#put(
      0,
      all
        .map((one) => ({ ...one, sent: false, cut: one.cut === "sent" ? ("here" as const) : one.cut }))
        // Taken away again before anybody has seen it.
        .filter((one) => !isTyped(one) || isVisible(one)),
    );
  }

  /**
   * The server will never have what was on the way, nor any other piece of the same long text: pieces that it has
   * already are taken away again. Returns what changes here, one after another.
   */
  discard(): Change[] {
    const flying = this.#stretches.find((one) => one.sent || one.cut === "sent");
    const whole = flying?.sent ? flying.whole : (flying?.cutFor ?? 0);
    const isOfWhole = (one: Stretch) => whole > 0 && one.whole === whole;
    const changes: Change[] = [];
    const left: Stretch[] = [];
    let position = 0;
    for (const one of this.#stretches) {
      const isRefused = one.sent || isOfWhole(one);
      const isBack = !isRefused && (one.cut === "sent" || (whole > 0 && one.cutFor === whole));
      const { length } = one.text;
      if (isRefused && isVisible(one)) changes.push({ position, length, content: "" });
      if (isBack) changes.push({ position, length: 0, content: one.text });
      if (isRefused && one.known) left.push({ ...one, cut: "here", whole: 0, cutFor: 0 });
      if (!isRefused) left.push(isBack ? { ...one, cut: "no", cutFor: 0 } : one);
      if (isBack || (!isRefused && isVisible(one))) position += length;
    }
    this.#stretches = [];
    this.#put(0, left);
    return changes;
  }

  /** A change of others, about the known text. Returns what changes here, one after another. */
  receive({ position, length, content }: Change): Change[] {
    const start = this.#behind(position, isKnown);
    const end = length === 0 ? start : this.#behind(position + length, isKnown);
    const range = this.#stretches.splice(start, end - start);
    const at = textOf(this.#stretches.slice(0, start).filter(isVisible)).length;
    const changes: Change[] = [];
    let here = at;
    for (const one of range.filter(isVisible)) {
      if (one.known) changes.push({ position: here, length: one.text.length, content: "" });
      else here += one.text.length;
    }
    this.#put(start, [known(content), ...range.filter((one) => !one.known)]);
    if (content === "") return changes;
    const [first, ...others] = changes;
    // Right to left of what has gone, so that it moves nothing of that.
    return first?.position === at
      ? [{ ...first, content }, ...others.map((one) => ({ ...one, position: one.position + content.length }))]
      : [...changes, { position: at, length: 0, content }];
  }

  /** The server has this text now, by changes that were not heard of. Returns what changes here. */
  replaceKnown(content: string): Change[] {
    return difference(this.knownText, content).flatMap((change) => this.receive(change));
  }

  /** The index right behind this number of units of these, left of all others there. */
  #behind(units: number, counts: (one: Stretch) => boolean): number {
    let passed = 0;
    let index = 0;
    for (let at = 0; passed < units; at++) {
      const one = this.#stretches[at];
      if (!one) throw new RangeError("behind the end of the text");
      if (!counts(one)) continue;
      this.#split(at, units - passed);
      passed += Math.min(one.text.length, units - passed);
      index = at + 1;
    }
    return index;
  }

  /** The index of the text that is shown behind this number of units. */
  #before(units: number): number {
    const behind = this.#behind(units, isVisible);
    const next = this.#stretches.findIndex((one, index) => index >= behind && isVisible(one));
    return next === -1 ? this.#stretches.length : next;
  }

  #split(index: number, units: number): void {
    const one = this.#stretches[index];
    if (!one || units >= one.text.length) return;
    const [left, right] = [one.text.slice(0, units), one.text.slice(units)];
    this.#stretches.splice(index, 1, { ...one, text: left }, { ...one, text: right });
  }

  /** Puts these in, and makes one of neighbours that have gone the same way. */
  #put(index: number, more: readonly Stretch[]): void {
    this.#stretches.splice(index, 0, ...more);
    const joined: Stretch[] = [];
    for (const one of this.#stretches) {
      const last = joined.at(-1);
      if (one.text === "") continue;
      if (last && isAlike(last, one)) joined[joined.length - 1] = { ...one, text: last.text + one.text };
      else joined.push(one);
    }
    this.#stretches = joined;
  }
}

/** As much of it as one edit brings. */
const headOf = (text: string): string =>
  text.slice(0, isInsideCharacter(text, MAX_CONTENT) ? MAX_CONTENT - 1 : MAX_CONTENT);
