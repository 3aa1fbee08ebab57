/** Indented JSON with a colour for each kind of value. */
const PIECE = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d[\d.eE+-]*)/g;

export function showJson(value) {
  const text = JSON.stringify(value, null, 2);
  const shown = document.createElement("pre");
  let end = 0;
  for (const found of text.matchAll(PIECE)) {
    const [piece, string, colon, word] = found;
    const kind = string === undefined ? (word ? "word" : "number") : colon ? "key" : "string";
    shown.append(text.slice(end, found.index));
    const span = document.createElement("span");
    span.className = kind;
    span.textContent = string ?? piece;
    shown.append(span, colon ?? "");
    end = found.index + piece.length;
  }
  shown.append(text.slice(end));
  return shown;
}

/** The value, or undefined if the text is not JSON. */
export function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
