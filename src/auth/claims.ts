import { z } from "zod";
import { ID } from "../core/protocol/identifiers.ts";
import { ERASED } from "../core/protocol/personal-data.ts";

/** Characters. A longer token is neither parsed nor issued. */
export const MAX_TOKEN_LENGTH = 16_384;

const MAX_ENTRIES = 1_000;
const MAX_ENTRY_LENGTH = 256;
/** In the year 5138. What is more counts milliseconds, and would be good for 55,000 years. */
export const LAST_SECOND = 1e11;

const seconds = z.number("a number").min(0, "0 or more").max(LAST_SECOND, `seconds, not milliseconds`);
const text = z.string("a string");
const entries = z
  .array(text.max(MAX_ENTRY_LENGTH, `${MAX_ENTRY_LENGTH} characters or less`), "a list of strings")
  .max(MAX_ENTRIES, `${MAX_ENTRIES} entries or less`);

/** The claims that all contracts share. Claims of a single contract stay unchecked in `Identity.claims`. */
export const claimsSchema = z.object({
  // `*` means all: the room of a user with that name would be the room of every user.
  sub: text
    .regex(ID, "1 to 128 visible characters, without spaces or control characters")
    .refine((id) => id !== ERASED, `another user than ${ERASED}, which stands for users who were erased`),
  /** Seconds since the epoch, like `iat`. */
  exp: seconds,
  iat: seconds.optional(),
  name: text.optional(),
  avatar: text.optional(),
  sid: text.optional(),
  roles: entries.default([]),
  rooms: entries.default([]),
});
