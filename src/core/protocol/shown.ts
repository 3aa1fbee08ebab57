import type { Identity } from "../ports/identity.ts";
import { cutText } from "./cut.ts";
import { isInvisible } from "./identifiers.ts";
import { isObject } from "./json.ts";
import { cleanText } from "./text.ts";

/** UTF-16 units of a user's name. */
const MAX_NAME = 200;

/** The text as others may see it, or `instead` when nothing visible is left of it. */
export function shownText(text: string, instead: string): string {
  const cleaned = cleanText(text);
  return isInvisible(cleaned) ? instead : cleaned;
}

/** Every text in the value, as others may see it. Keys are names of fields and stay. */
export function cleanAll(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanAll);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cleanAll(inner)]));
}

/**
 * The user's name as others see it: the name, or else the user id. Where neither leaves anything to show, the name is
 * made from the id, so that two users stay two.
 */
export function nameOf({ name = "", userId }: Pick<Identity, "name" | "userId">): string {
  const shown = shownText(name, "").trim() || shownText(userId, "").trim();
  return shown === "" ? `user-${Bun.hash(userId).toString(36)}` : cutText(shown, MAX_NAME);
}
