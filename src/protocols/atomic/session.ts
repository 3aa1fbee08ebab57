import { z } from "zod";
import { id } from "../../core/names.ts";
import { senderIds } from "./sender.ts";

export const roomOf = (sessionId: string): string => `session:${sessionId}`;
/** The session whose room this is, if it is one's. */
export const sessionOf = (room: string): string | undefined => /^session:(.*)$/s.exec(room)?.[1];

/** UTF-16 units that one edit may bring. */
const MAX_CONTENT = 32_768;

const role = z.enum(["participant", "observer"], "must be participant or observer");
const place = {
  /** May be left out by whoever is in one session. */
  sessionId: id.optional(),
  position: z.int().min(0, "must be 0 or more"),
  version: z.int().min(0, "must be 0 or more"),
  ...senderIds,
};
const length = z.int().min(1, "must be 1 or more");
// Never cleaned of markup: positions count every unit of it.
const content = z
  .string()
  .max(MAX_CONTENT, `must have at most ${MAX_CONTENT} characters`)
  .refine((text) => text.isWellFormed(), "must not have lone surrogates");

/** What clients send (contract: Collaboration WebSocket API). */
export const messages = {
  join_session: z.object({ sessionId: id, role, ...senderIds }),
  leave_session: z.object({ sessionId: id, ...senderIds }),
  edit: z.discriminatedUnion(
    "operation",
    [
      z.object({ ...place, operation: z.literal("insert"), content: content.min(1, "must not be empty") }),
      z.object({ ...place, operation: z.literal("delete"), length }),
      z.object({ ...place, operation: z.literal("replace"), length, content }),
    ],
    "must be insert, delete or replace",
  ),
};

const participant = { userId: id, username: z.string() };

/** What the server sends. */
export const events = {
  session_joined: z.object({
    sessionId: id,
    content: z.string(),
    version: z.int(),
    participants: z.array(z.object({ ...participant, role })),
  }),
  session_left: z.object({ sessionId: id }),
  /** The user has come into the session, or has another role there now. */
  participant_joined: z.object({ sessionId: id, ...participant, role }),
  participant_left: z.object({ sessionId: id, ...participant }),
  edit: z.object({
    sessionId: id,
    operation: z.enum(["insert", "delete", "replace"]),
    position: z.int(),
    length: z.int().optional(),
    content: z.string().optional(),
    version: z.int(),
    author: z.string(),
    authorId: id,
  }),
  edit_ack: z.object({ sessionId: id, version: z.int() }),
};
