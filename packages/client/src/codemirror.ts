// The published entry point `switchboard-client/codemirror`: a shared text in CodeMirror 6.
import { Annotation, Compartment, EditorState, type Extension, Transaction } from "@codemirror/state";
import { EditorView, ViewPlugin } from "@codemirror/view";
import type { Change } from "./change.ts";
import type { SharedText } from "./shared-text.ts";

const fromOthers = Annotation.define();

// Otherwise CodeMirror makes one of "\r\n", and its positions are no longer those of the text.
const lineBreaks = [
  EditorState.lineSeparator.of("\n"),
  EditorView.clipboardInputFilter.of((pasted) => pasted.replace(/\r\n?/g, "\n")),
];

/**
 * An extension: begin the editor with `doc: text.text`. It is read-only while the text is, and CodeMirror's `history`
 * undoes what was done here alone.
 */
export function shared(text: SharedText): Extension {
  const lock = new Compartment();
  return [
    lineBreaks,
    lock.of(EditorState.readOnly.of(text.isReadOnly)),
    EditorState.changeFilter.of(
      (transaction) => !text.isReadOnly || transaction.annotation(fromOthers) === true,
    ),
    inStep(text, lock),
  ];
}

const inStep = (text: SharedText, lock: Compartment) =>
  ViewPlugin.define((view) => {
    const show = ({ position, length, content }: Change) =>
      view.dispatch({
        changes: { from: position, to: position + length, insert: content },
        annotations: [fromOthers.of(true), Transaction.addToHistory.of(false), Transaction.remote.of(true)],
      });
    const stops = [
      text.onChange((changes) => changes.forEach(show)),
      text.onReadOnly((isReadOnly) =>
        view.dispatch({ effects: lock.reconfigure(EditorState.readOnly.of(isReadOnly)) }),
      ),
    ];
    return {
      update({ docChanged, transactions }) {
        if (!docChanged) return;
        for (const transaction of transactions) {
          if (transaction.annotation(fromOthers)) continue;
          // Positions of the text before the transaction: what came before in it has moved them.
          let shift = 0;
          transaction.changes.iterChanges((from, to, _fromB, _toB, inserted) => {
            const content = inserted.sliceString(0, inserted.length, "\n");
            text.edit(from + shift, to - from, content);
            shift += content.length - (to - from);
          });
        }
      },
      destroy() {
        for (const stop of stops) stop();
      },
    };
  });
