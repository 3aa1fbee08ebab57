// The published entry point `switchboard-client/codemirror`: a shared text in CodeMirror 6.
import { Annotation, EditorState, type Extension } from "@codemirror/state";
import { EditorView, ViewPlugin } from "@codemirror/view";
import type { SharedText } from "./shared-text.ts";

const fromOthers = Annotation.define();

// Otherwise CodeMirror makes one of "\r\n", and its positions are no longer those of the text.
const lineBreaks = [
  EditorState.lineSeparator.of("\n"),
  EditorView.clipboardInputFilter.of((pasted) => pasted.replace(/\r\n?/g, "\n")),
];

/** An extension: begin the editor with `doc: text.text`. */
export const shared = (text: SharedText): Extension => [lineBreaks, inStep(text)];

const inStep = (text: SharedText) =>
  ViewPlugin.define((view) => {
    const stop = text.onChange((changes) => {
      for (const { position, length, content } of changes) {
        view.dispatch({
          changes: { from: position, to: position + length, insert: content },
          annotations: fromOthers.of(true),
        });
      }
    });
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
      destroy: stop,
    };
  });
