import { type Change, changed, moved } from "./change.ts";
import { oneChange } from "./difference.ts";
import type { SharedText } from "./shared-text.ts";

/** As much of a textarea as is used here. */
export interface TextField {
  value: string;
  readonly selectionStart: number | null;
  readonly selectionEnd: number | null;
  setSelectionRange(start: number, end: number): void;
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/**
 * Shows a shared text in a textarea, and edits it there. While something is being composed (an accent, a character of
 * several keys) the field is left alone: what others change shows when that is done. The result ends it.
 */
export function bindTextarea(field: TextField, text: SharedText): () => void {
  let shown = text.text;
  let isComposing = false;
  /** Not shown yet. */
  let held: Change[] = [];
  field.value = shown;

  function typed(): void {
    if (isComposing) return;
    const { position, length, content } = oneChange(shown, field.value);
    shown = field.value;
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
    const [start, end] = [field.selectionStart ?? 0, field.selectionEnd ?? 0].map((at) =>
      changes.reduce(moved, at),
    );
    shown = changes.reduce(changed, shown);
    field.value = shown;
    field.setSelectionRange(start ?? 0, end ?? 0);
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
