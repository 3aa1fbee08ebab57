import { Refusal } from "./refusal.ts";

/** Deeper than any message of any contract, and far from what exhausts a stack. */
const MAX_DEPTH = 32;

/** Parses a frame that must be a JSON object. Throws a `Refusal`: `not_json`, or `bad_envelope` for other JSON. */
export function parseObject(frame: string): Record<string, unknown> {
  if (isTooDeep(frame)) throw new Refusal("not_json", "nested too deeply");
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    throw new Refusal("not_json");
  }
  if (!isObject(value)) throw new Refusal("bad_envelope");
  return value;
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A text with no more brackets than that cannot be too deep, and nearly every frame ends here. */
export function isTooDeep(text: string): boolean {
  let brackets = 0;
  for (const bracket of "{[") {
    for (
      let at = text.indexOf(bracket);
      at !== -1 && brackets <= MAX_DEPTH;
      at = text.indexOf(bracket, at + 1)
    ) {
      brackets++;
    }
  }
  return brackets > MAX_DEPTH && depth(text) > MAX_DEPTH;
}

function depth(text: string): number {
  let open = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === "\\") at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") deepest = Math.max(deepest, ++open);
    else if (char === "}" || char === "]") open--;
  }
  return deepest;
}
