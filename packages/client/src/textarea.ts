import { type Change, changed, moved, partsAfter } from "./change.ts";
import { oneChange } from "./difference.ts";
import { LocalHistory } from "./local-history.ts";
import type { SharedText } from "./shared-text.ts";

type Direction = "forward" | "backward" | "none";

/** As much of a key that is pressed, or of what is about to be put in, as is used here. */
export interface FieldEvent {
  readonly key?: string;
  readonly ctrlKey?: boolean;
  readonly metaKey?: boolean;
  readonly altKey?: boolean;
  readonly shiftKey?: boolean;
  readonly inputType?: string;
  preventDefault(): void;
}

/** As much of a textarea as is used here. */
export interface TextField {
  value: string;
  readOnly?: boolean;
  readonly selectionStart: number | null;
  readonly selectionEnd: number | null;
  readonly selectionDirection: Direction | null;
  setSelectionRange(start: number, end: number, direction: Direction): void;
  addEventListener(type: string, listener: (event: FieldEvent) => void): void;
  removeEventListener(type: string, listener: (event: FieldEvent) => void): void;
}

/**
 * Shows a shared text in a textarea, and edits it there. While something is being composed (an accent, a character of
 * several keys) the field is left alone: what others change shows when that is done. Undoing undoes what was done
 * here, and nothing of others. The field is read-only while the text is. A textarea makes "\n" of every line break; in
 * the text they stay as they are. The result ends it.
 */
export function bindTextarea(field: TextField, text: SharedText): () => void {
  const history = new LocalHistory();
  const wasReadOnly = field.readOnly ?? false;
  let shown = text.text;
  let isComposing = false;
  /** Not shown yet. */
  let held: Change[] = [];
  field.value = shown;

  function typed(): void {
    if (isComposing) return;
    const { position, length, content } = oneChange(asSeen(shown), field.value);
    const start = inText(shown, position);
    const end = inText(shown, position + length);
    if (start === end && content === "") return;
    const before = shown;
    shown = changed(before, { position: start, length: end - start, content });
    try {
      edit(throughHeld(start, end, content));
    } catch (error) {
      shown = before;
      field.value = before;
      if (!text.isReadOnly) throw error;
    }
  }

  /** The same about the text as it is now, from left to right: only what was seen is taken away. */
  function throughHeld(start: number, end: number, content: string): Change[] {
    let gone = [{ start, end }].filter((one) => one.start < one.end);
    for (const change of held) gone = gone.flatMap((one) => partsAfter(one, change));
    const at = held.reduce(moved, start);
    const [first, ...others] = gone;
    const changes: Change[] = [];
    if (first?.start === at) changes.push({ position: at, length: first.end - at, content });
    else if (content !== "") changes.push({ position: at, length: 0, content });
    let shift = changes.reduce((sum, one) => sum + one.content.length - one.length, 0);
    for (const one of first && first.start !== at ? gone : others) {
      const size = one.end - one.start;
      changes.push({ position: one.start + shift, length: size, content: "" });
      shift -= size;
    }
    return changes;
  }

  function edit(changes: readonly Change[]): void {
    const before = text.text;
    for (const { position, length, content } of changes) text.edit(position, length, content);
    history.did(before, changes);
  }

  function show(changes: readonly Change[]): void {
    history.changed(changes);
    if (isComposing) held.push(...changes);
    else redraw(changes);
  }

  function redraw(changes: readonly Change[]): void {
    const before = shown;
    shown = changes.reduce(changed, before);
    const place = (at: number | null) => seenAt(changes.reduce(moved, inText(before, at ?? 0)));
    const [start, end] = [place(field.selectionStart), place(field.selectionEnd)];
    const direction = field.selectionDirection ?? "none";
    field.value = shown;
    field.setSelectionRange(start, end, direction);
  }

  const seenAt = (at: number): number => asSeen(shown.slice(0, at)).length;

  function composed(): void {
    isComposing = false;
    typed();
    held = [];
    if (shown !== text.text) redraw([oneChange(shown, text.text)]);
  }

  function takeBack(way: "undo" | "redo", event: FieldEvent): void {
    event.preventDefault();
    if (isComposing || text.isReadOnly) return;
    const changes = history[way](text.text);
    for (const { position, length, content } of changes) text.edit(position, length, content);
    redraw(changes);
    const { position, content } = changes.at(-1) ?? {};
    if (position === undefined || content === undefined) return;
    const caret = seenAt(position + content.length);
    field.setSelectionRange(caret, caret, "none");
  }

  function pressed(event: FieldEvent): void {
    const { key = "", ctrlKey, metaKey, altKey, shiftKey } = event;
    if (altKey || !(ctrlKey || metaKey)) return;
    if (/^z$/i.test(key)) takeBack(shiftKey ? "redo" : "undo", event);
    else if (/^y$/i.test(key)) takeBack("redo", event);
  }

  function lock(isReadOnly: boolean): void {
    field.readOnly = wasReadOnly || isReadOnly;
  }

  const listeners: Record<string, (event: FieldEvent) => void> = {
    input: typed,
    keydown: pressed,
    // By a menu.
    beforeinput(event) {
      if (event.inputType === "historyUndo") takeBack("undo", event);
      if (event.inputType === "historyRedo") takeBack("redo", event);
    },
    compositionstart() {
      isComposing = true;
    },
    compositionend: composed,
  };
  for (const [type, listener] of Object.entries(listeners)) field.addEventListener(type, listener);
  const stops = [text.onChange(show), text.onReadOnly(lock)];
  lock(text.isReadOnly);
  return () => {
    for (const stop of stops) stop();
    for (const [type, listener] of Object.entries(listeners)) field.removeEventListener(type, listener);
    field.readOnly = wasReadOnly;
  };
}

const asSeen = (text: string): string => text.replace(/\r\n?/g, "\n");

/** Maps a position in a textarea's value to one in the text. */
function inText(text: string, at: number): number {
  let position = at;
  for (const { index } of text.matchAll(/\r\n/g)) {
    if (index >= position) break;
    position++;
  }
  return position;
}
