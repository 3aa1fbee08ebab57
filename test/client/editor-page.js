// The example as an application would bundle it.
export { EditorView } from "@codemirror/view";
export { shared } from "../../examples/codemirror.js";
