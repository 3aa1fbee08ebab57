/** HTML in which every outside text is escaped. */
export class Markup {
  constructor(readonly text: string) {}
}

type Part = string | number | Markup | readonly Markup[] | false | undefined;

/**
 * A template of HTML: values are escaped, other markup is inserted as it is, and `false` and `undefined` add
 * nothing.
 */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Markup =>
  new Markup(strings.map((text, at) => text + textOf(parts[at])).join(""));

function textOf(part: Part): string {
  if (part === undefined || part === false) return "";
  if (part instanceof Markup) return part.text;
  return typeof part === "object" ? part.map(({ text }) => text).join("") : Bun.escapeHTML(part);
}
