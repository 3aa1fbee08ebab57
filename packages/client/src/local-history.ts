import { type Change, moved, partsAfter, type Stretch } from "./change.ts";

/** What undoes something that was done here: this goes, and that comes back. */
interface Step {
  readonly goes: readonly Stretch[];
  readonly comes: readonly { readonly at: number; readonly content: string }[];
}

/** Steps that can be undone at most. */
const MAX_STEPS = 200;

/**
 * What was done here and can be undone, however others have changed the text since: undoing takes away what was
 * written here and is still there, and brings back what was taken away here.
 */
export class LocalHistory {
  #done: Step[] = [];
  #undone: Step[] = [];

  /** The text was changed here, by changes from left to right, each about the text as those before have left it. */
  did(before: string, changes: readonly Change[]): void {
    const step = this.#pass(before, changes);
    const joined = typedOn(this.#done.at(-1), step, changes);
    if (joined) this.#done[this.#done.length - 1] = joined;
    else this.#done.push(step);
    if (this.#done.length > MAX_STEPS) this.#done.shift();
    this.#undone = [];
  }

  /** Others have changed the text. */
  changed(changes: readonly Change[]): void {
    for (const change of changes) {
      const carry = ({ goes, comes }: Step): Step => ({
        goes: goes.flatMap((stretch) => partsAfter(stretch, change)),
        comes: comes.map(({ at, content }) => ({ at: moved(at, change), content })),
      });
      this.#done = this.#done.map(carry);
      this.#undone = this.#undone.map(carry);
    }
  }

  /** The changes that undo the last thing done, from left to right. They must be made. */
  undo(text: string): Change[] {
    return this.#take(text, "undo");
  }

  /** The changes that do again what was undone last. They must be made. */
  redo(text: string): Change[] {
    return this.#take(text, "redo");
  }

  #take(text: string, way: "undo" | "redo"): Change[] {
    const from = way === "undo" ? this.#done : this.#undone;
    for (let step = from.pop(); step; step = from.pop()) {
      const changes = changesOf(step);
      if (changes.length === 0) continue;
      const inverse = this.#pass(text, changes);
      (way === "undo" ? this.#undone : this.#done).push(inverse);
      return changes;
    }
    return [];
  }

  /** Carries all steps over these changes; returns what undoes them. */
  #pass(before: string, changes: readonly Change[]): Step {
    let text = before;
    const goes: Stretch[] = [];
    const comes: { at: number; content: string }[] = [];
    for (const { position, length, content } of changes) {
      if (content !== "") goes.push({ start: position, end: position + content.length });
      if (length > 0) comes.push({ at: position, content: text.slice(position, position + length) });
      text = text.slice(0, position) + content + text.slice(position + length);
    }
    this.changed(changes);
    return { goes, comes };
  }
}

/** From left to right: what goes and what comes at one place is one change. */
function changesOf({ goes, comes }: Step): Change[] {
  const all = [
    ...goes.map(({ start, end }) => ({ position: start, length: end - start, content: "" })),
    ...comes.map(({ at, content }) => ({ position: at, length: 0, content })),
  ].sort((one, other) => one.position - other.position || one.length - other.length);
  const changes: Change[] = [];
  let shift = 0;
  for (const { position, length, content } of all) {
    const at = position + shift;
    const last = changes.at(-1);
    if (last && last.length === 0 && last.position + last.content.length === at) {
      changes[changes.length - 1] = { ...last, length, content: last.content + content };
    } else changes.push({ position: at, length, content });
    shift += content.length - length;
  }
  return changes;
}

/** One word that is typed letter by letter is one step. */
function typedOn(last: Step | undefined, step: Step, changes: readonly Change[]): Step | undefined {
  const [change] = changes;
  const [before] = last?.goes ?? [];
  if (!last || !before || !change || last.goes.length !== 1 || changes.length !== 1) return undefined;
  const isTyping = change.length === 0 && /^\S$/u.test(change.content) && before.end === change.position;
  return isTyping
    ? { goes: [{ start: before.start, end: step.goes[0]?.end ?? 0 }], comes: last.comes }
    : undefined;
}
