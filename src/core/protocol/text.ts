const LESS = 0x3c;
const SLASH = 0x2f;
const BANG = 0x21;
const QUESTION = 0x3f;

/** Unicode's Cc, but for tab and newline. */
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g;

/** More combining marks in a row than any language needs, but for the one mark that parts them. */
const LONG_RUN = /[\p{M}--\u034f]{30}(?=[\p{M}--\u034f])/gv;
/** Characters. No run in a text this short costs more than 0.2 ms, and looking for one costs more than all the rest. */
const TOO_SHORT_FOR_LONG_RUNS = 256;

// What follows a `<` in the HTML standard's tokenizer. Each pattern takes the rest when the text ends too soon.
const TAG_NAME = /[^\t\n />]*/y;
// A value's quotes count only right after its `=`.
const ATTRIBUTE =
  /[\t\n /]*[^\t\n />][^\t\n />=]*(?:[\t\n ]*=[\t\n ]*(?:"[^"]*"?|'[^']*'?|[^\t\n >"'][^\t\n >]*)?)?/y;
const TAG_END = /[\t\n /]*>?/y;
// The standard reads any `<!` or `<?` that is no comment as a comment up to the next `>`.
const COMMENT = /!--(?:-?>|.*?(?:--!?>|$))|[^>]*>?/sy;

/** The elements whose content is no text for anybody, with the one thing that ends it: their end tag. */
const DROPPED_WHOLE = new Map([
  ["script", /<\/script(?=[\t\n />])/gi],
  ["style", /<\/style(?=[\t\n />])/gi],
]);

/**
 * The text without HTML tags and comments (what they enclose stays; script and style go whole), without control
 * characters other than tab and newline, without half a surrogate pair, and in NFC. All else is as it was: entities are text, and so are `a < b`,
 * `<3` and `</3`. A tag, comment, script or style that is never closed reaches to the end of the text.
 *
 * The result holds no `<` followed by a letter, `!`, `?` or `/` and a letter, so cleaning it again changes nothing.
 * Clean whole texts only: two cleaned pieces, joined, can make a tag. NFC may make a text up to three times as long.
 * The time is linear in the length of any text; for that, a long text gets an invisible U+034F after every 30
 * combining marks in a row (the Stream-Safe Text Format of Unicode's annex 15).
 */
export function cleanText(text: string): string {
  // Before the tags, since both can make one: `<\0b>`, or `<` and the Kelvin sign, which NFC turns into a K.
  const plain = toNfc(text.replace(CONTROL, "").toWellFormed());
  if (!plain.includes("<")) return plain;
  // And after them: a letter and its accent may have met where a tag was.
  return toNfc(withoutMarkup(plain));
}

/** As cleaning writes it. Cleaning takes away from this, and adds nothing. */
export function toNfc(text: string): string {
  // Again after it, since NFC writes a few marks as two.
  return partLongRuns(partLongRuns(text).normalize("NFC"));
}

/** Normalising sorts the marks of a run, in a time that grows with its square: 10,000 marks would take 0.3 s. */
function partLongRuns(text: string): string {
  return text.length <= TOO_SHORT_FOR_LONG_RUNS ? text : text.replace(LONG_RUN, "$&\u034f");
}

/**
 * One pass: a character that would complete the start of a tag or comment at the end of what is kept takes that start
 * away instead, and what it opens is skipped. So nothing kept is ever such a start, not even where a removal joined
 * two pieces (`<<b>script>`).
 */
function withoutMarkup(text: string): string {
  const kept = new Uint16Array(text.length);
  let length = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    const previous = length > 0 ? kept[length - 1] : undefined;
    if (previous === LESS && isLetter(code)) {
      length -= 1;
      at = endOfStartTag(text, at);
    } else if (previous === LESS && (code === BANG || code === QUESTION)) {
      length -= 1;
      at = after(COMMENT, text, at);
    } else if (previous === SLASH && isLetter(code) && kept[length - 2] === LESS) {
      length -= 2;
      at = endOfTag(text, at);
    } else {
      kept[length] = code;
      length += 1;
      at += 1;
    }
  }
  return length === text.length ? text : Buffer.from(kept.buffer, 0, 2 * length).toString("utf16le");
}

/** `at` is where the tag's name begins. For a script or style, the position is the one behind its end tag. */
function endOfStartTag(text: string, at: number): number {
  const content = endOfTag(text, at);
  const name = text.slice(at, after(TAG_NAME, text, at)).toLowerCase();
  const endTag = DROPPED_WHOLE.get(name);
  if (!endTag) return content;
  endTag.lastIndex = content;
  return endTag.test(text) ? endOfTag(text, endTag.lastIndex) : text.length;
}

/** Goes attribute by attribute: one pattern for all of them would have to remember a way back from each. */
function endOfTag(text: string, at: number): number {
  let end = after(TAG_NAME, text, at);
  let next = after(ATTRIBUTE, text, end);
  while (next > end) {
    end = next;
    next = after(ATTRIBUTE, text, end);
  }
  return after(TAG_END, text, end);
}

/** The position after the sticky pattern's match at `at`; `at` itself without a match. */
function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
