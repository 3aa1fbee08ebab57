import { z } from "zod";
import { text, wellFormed } from "../../../core/protocol/text-schemas.ts";
import { time } from "../../../core/protocol/time.ts";

export const isoTime = time;

/** A text as it is stored: cleaning may have made it longer than a client may send. */
export const storedText = z.string().refine(...wellFormed);

const some = (most: number) => text(most).min(1, "must not be empty");

/** The displayed name of a person or a thing. */
export const name = some(200);
export const title = some(200);
/** A sentence or two about a thing. */
export const description = text(1_000);
/** A name that programs use. */
export const word = some(64);

/** A counted value: XP, coins, millilitres, seconds. */
export const count = z.int("must be a whole number").min(0, "must be 0 or more");
/** A measured value: calories, grams. Small enough that sums stay exact. */
export const quantity = z
  .number("must be a number")
  .min(0, "must be 0 or more")
  .max(1e9, "must be 1e9 or less");
/** Per cent. */
export const progress = between(0, 100);

export function between(least: number, most: number) {
  const message = `must be ${least} to ${most}`;
  return z.number(message).min(least, message).max(most, message);
}

export const oneOf = <const Words extends readonly string[]>(...words: Words) =>
  z.enum(words, `must be one of ${words.join(", ")}`);

export const listOf = <Item extends z.ZodType>(item: Item, most: number) =>
  z.array(item).max(most, `must have at most ${most}`);

const MAX_URL = 2_048;
const address = z.string().max(MAX_URL, `must have at most ${MAX_URL} characters`);
const NO_URL = "must be an http or https URL";
/** Only `http` and `https`: a client that follows a `javascript:` link runs it. */
export const url = address
  // Parsing alone, as browsers do it, skips white space and accepts a URL without the slashes.
  .regex(/^https?:\/\/[^\s\p{C}]+$/iu, NO_URL)
  .refine((text) => URL.canParse(text), NO_URL);
/** A path in the app. `//` and `/\` would lead to another host. */
const path = address.regex(/^\/(?![/\\])[^\s\p{C}]*$/u);
export const link = z.union([url, path], "must be an http or https URL or a path");

/**
 * `dm:` begins a conversation of two users, so that no conversation has two audiences. As the name of a room it is not
 * `*`, and something of it can be seen.
 */
export const groupId = z
  .string()
  .regex(
    /^(?!(?:\*|[\p{Default_Ignorable_Code_Point}\u2800]+)$)(?!dm:)[^\s\p{C}]{1,128}$/u,
    "must be 1 to 128 visible characters, and not begin with dm:",
  );

/** `dm:<user>:<user>` or the id of a group. It is longer than an id, since it may hold two. */
export const conversationId = z
  .string()
  .regex(
    /^(?!(?:\*|[\p{Default_Ignorable_Code_Point}\u2800]+)$)[^\s\p{C}]{1,260}$/u,
    "must be 1 to 260 visible characters",
  );
