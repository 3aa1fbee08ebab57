/** UTF-16 units of a piece. A piece of twice this length is cut. */
const PIECE = 2_048;

/** A text in pieces. A change costs as much as a piece is long, however long the text is. */
export class Text {
  #pieces: string[];
  #length: number;

  constructor(text = "") {
    this.#pieces = cut(text);
    this.#length = text.length;
  }

  get length(): number {
    return this.#length;
  }

  toString(): string {
    return this.#pieces.join("");
  }

  slice(from: number, to: number): string {
    const [first, start] = this.#find(from);
    const [last, end] = this.#find(to);
    if (first === last) return this.#piece(first).slice(start, end);
    const between = this.#pieces.slice(first + 1, last);
    return [this.#piece(first).slice(start), ...between, this.#piece(last).slice(0, end)].join("");
  }

  splice(position: number, length: number, content: string): void {
    const [first, start] = this.#find(position);
    let [last, end] = this.#find(position + length);
    let changed = this.#piece(first).slice(0, start) + content + this.#piece(last).slice(end);
    // Joins a short piece with the next, so that deletions do not leave ever more and ever shorter pieces.
    if (changed.length < PIECE / 2) changed += this.#piece(++last);
    this.#pieces.splice(first, last - first + 1, ...cut(changed));
    this.#length += content.length - length;
  }

  #piece(index: number): string {
    return this.#pieces[index] ?? "";
  }

  /**
   * The piece that contains a position (or ends there), and the position inside it. A position past the end
   * is the end.
   */
  #find(position: number): [index: number, offset: number] {
    let index = 0;
    let offset = Math.min(position, this.#length);
    for (; offset > this.#piece(index).length; index++) offset -= this.#piece(index).length;
    return [index, offset];
  }
}

function cut(text: string): string[] {
  if (text.length <= 2 * PIECE) return text === "" ? [] : [text];
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += PIECE) pieces.push(text.slice(at, at + PIECE));
  return pieces;
}
