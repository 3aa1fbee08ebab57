// The example as an application would bundle it.
export { history, historyKeymap } from "@codemirror/commands";
export { EditorView, keymap } from "@codemirror/view";
export { shared } from "../../packages/client/src/codemirror.ts";
