// The example as an application would bundle it.
export { EditorView } from "@codemirror/view";
export { shared } from "../../packages/client/src/codemirror.ts";
