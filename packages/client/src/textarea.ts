import { type Change, changed, moved } from "./change.ts";
import { oneChange } from "./difference.ts";
import type { SharedText } from "./shared-text.ts";

type Direction = "forward" | "backward" | "none";

/** As much of a textarea as is used here. */
export interface TextField {
  value: string;
  readonly selectionStart: number | null;
  readonly selectionEnd: number | null;
  readonly selectionDirection: Direction | null;
  setSelectionRange(start: number, end: number, direction: Direction): void;
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/**
 * Shows a shared text in a textarea, and edits it there. While something is being composed (an accent, a character of
 * several keys) the field is left alone: what others change shows when that is done. A textarea makes "\n" of every
 * line break; in the text they stay as they are. The result ends it.
 */
export function bindTextarea(field: TextField, text: SharedText): () => void {
  let shown = text.text;
  let isComposing = false;
  /** Not shown yet. */
  let held: Change[] = [];
  field.value = shown;

  function typed(): void {
    if (isComposing) return;
    const seen = oneChange(asSeen(shown), field.value);
    const { content } = seen;
    const position = inText(shown, seen.position);
    const length = inText(shown, seen.position + seen.length) - position;
    shown = changed(shown, { position, length, content });
    const through = (at: number) => held.reduce(moved, at);
    const start = through(position);
    const end = through(position + length);
    if (length > 0 || content !== "") text.edit(start, end - start, content);
  }

  function show(changes: readonly Change[]): void {
    if (isComposing) {
      held.push(...changes);
      return;
    }
    const before = shown;
    shown = changes.reduce(changed, before);
    const place = (at: number | null) =>
      asSeen(shown.slice(0, changes.reduce(moved, inText(before, at ?? 0)))).length;
    const [start, end] = [place(field.selectionStart), place(field.selectionEnd)];
    const direction = field.selectionDirection ?? "none";
    field.value = shown;
    field.setSelectionRange(start, end, direction);
  }

  function composed(): void {
    isComposing = false;
    typed();
    held = [];
    if (shown === text.text) return;
    show([oneChange(shown, text.text)]);
  }

  const listeners = {
    input: typed,
    compositionstart() {
      isComposing = true;
    },
    compositionend: composed,
  };
  for (const [type, listener] of Object.entries(listeners)) field.addEventListener(type, listener);
  const stop = text.onChange(show);
  return () => {
    stop();
    for (const [type, listener] of Object.entries(listeners)) field.removeEventListener(type, listener);
  };
}

const asSeen = (text: string): string => text.replace(/\r\n?/g, "\n");

/** Where in a text a position is of what a textarea makes of it. */
function inText(text: string, at: number): number {
  let position = at;
  for (const { index } of text.matchAll(/\r\n/g)) {
    if (index >= position) break;
    position++;
  }
  return position;
}
