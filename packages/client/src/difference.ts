import { type Change, isInsideCharacter } from "./change.ts";

/** With more single changes than this the texts have too little in common for it to matter which. */
const MAX_CHANGES = 400;

/** The one change that makes one text of another, and is not inside a character. */
export function oneChange(before: string, after: string): Change {
  const position = commonStart(before, after);
  const end = commonEnd(before, after, Math.min(before.length, after.length) - position);
  const length = before.length - end - position;
  return { position, length, content: after.slice(position, after.length - end) };
}

/**
 * Few changes that make one text of another, left to right: each is about the text as those before it have left it.
 * None is inside a character.
 */
export function difference(before: string, after: string): Change[] {
  const all = oneChange(before, after);
  if (all.length === 0 && all.content === "") return [];
  if (all.length === 0 || all.content === "") return [all];
  const gone = before.slice(all.position, all.position + all.length);
  const changes: Change[] = [];
  let at = all.position;
  for (const { kept, length, content } of steps(Array.from(gone), Array.from(all.content))) {
    at += kept;
    if (length > 0 || content !== "") changes.push({ position: at, length, content });
    at += content.length;
  }
  return changes;
}

function commonStart(before: string, after: string): number {
  let at = 0;
  while (at < before.length && at < after.length && before[at] === after[at]) at++;
  return isInsideCharacter(before, at) || isInsideCharacter(after, at) ? at - 1 : at;
}

function commonEnd(before: string, after: string, most: number): number {
  let units = 0;
  while (units < most && before.at(-1 - units) === after.at(-1 - units)) units++;
  const isInside = (text: string) => isInsideCharacter(text, text.length - units);
  return isInside(before) || isInside(after) ? units - 1 : units;
}

interface Step {
  /** Units that stay before the deletion and the insertion. */
  kept: number;
  length: number;
  content: string;
}

/** Of characters, by the shortest way there (E. Myers, An O(ND) Difference Algorithm, 1986). */
function steps(gone: readonly string[], come: readonly string[]): Step[] {
  const rounds = furthest(gone, come);
  if (rounds.length === 0) return [{ kept: 0, length: gone.join("").length, content: come.join("") }];
  const all: Step[] = [];
  let x = gone.length;
  let y = come.length;
  let behind = { length: 0, content: "" };
  for (let d = rounds.length - 1; d > 0; d--) {
    const before = rounds[d - 1]!;
    const diagonal = x - y;
    const isDown = goesDown(before, diagonal, d);
    const fromX = before.get(isDown ? diagonal + 1 : diagonal - 1) ?? 0;
    const fromY = fromX - (isDown ? diagonal + 1 : diagonal - 1);
    all.unshift({ kept: gone.slice(isDown ? fromX : fromX + 1, x).join("").length, ...behind });
    behind = isDown
      ? { length: 0, content: come[fromY] ?? "" }
      : { length: gone[fromX]?.length ?? 0, content: "" };
    [x, y] = [fromX, fromY];
  }
  return joined([{ kept: gone.slice(0, x).join("").length, ...behind }, ...all]);
}

/** By number of changes, how far in `gone` each diagonal can be followed; nothing when too many are needed. */
function furthest(gone: readonly string[], come: readonly string[]): ReadonlyMap<number, number>[] {
  const rounds: Map<number, number>[] = [];
  for (let d = 0; d <= MAX_CHANGES; d++) {
    const round = new Map<number, number>();
    const before = rounds.at(-1);
    rounds.push(round);
    for (let diagonal = -d; diagonal <= d; diagonal += 2) {
      let x = 0;
      if (before) {
        x = goesDown(before, diagonal, d)
          ? (before.get(diagonal + 1) ?? 0)
          : (before.get(diagonal - 1) ?? 0) + 1;
      }
      while (x < gone.length && x - diagonal < come.length && gone[x] === come[x - diagonal]) x++;
      round.set(diagonal, x);
      if (x >= gone.length && x - diagonal >= come.length) return rounds;
    }
  }
  return [];
}

const goesDown = (before: ReadonlyMap<number, number> | undefined, diagonal: number, d: number): boolean =>
  diagonal === -d || (diagonal !== d && (before?.get(diagonal - 1) ?? 0) < (before?.get(diagonal + 1) ?? 0));

/** Neighbours with nothing kept between them are one. */
function joined(all: readonly Step[]): Step[] {
  const result: Step[] = [];
  for (const step of all) {
    const last = result.at(-1);
    if (last && step.kept === 0) {
      last.length += step.length;
      last.content += step.content;
    } else result.push({ ...step });
  }
  return result;
}
