import { z } from "zod";
import { id } from "../../core/protocol/identifiers.ts";
import { verbatim } from "../../core/protocol/text-schemas.ts";
import { senderIds } from "./sender.ts";

export const roomOf = (sessionId: string): string => `session:${sessionId}`;
/** The session whose room this is, or undefined for another kind of room. */
export const sessionOf = (room: string): string | undefined => /^session:(.*)$/s.exec(room)?.[1];

export type Role = z.output<typeof role>;

/** The state of a connection: its role in each session that it has joined, by session id. */
export interface State {
  readonly sessions: Map<string, Role>;
}
export const open = (): State => ({ sessions: new Map() });

/** UTF-16 units that one edit may insert. */
const MAX_CONTENT = 32_768;

const role = z.enum(["participant", "observer"], "must be participant or observer");
const place = {
  /** Optional for a connection that has joined only one session. */
  sessionId: id.optional(),
  position: z.int().min(0, "must be 0 or more"),
  version: z.int().min(0, "must be 0 or more"),
  ...senderIds,
};
const length = z.int().min(1, "must be 1 or more");
// Never cleaned of markup: positions count every unit of it.
const content = verbatim(MAX_CONTENT);

/** Messages that clients send (contract: Collaboration WebSocket API). */
export const messages = {
  join_session: z
    .object({ sessionId: id, role, ...senderIds })
    .meta({ examples: [{ sessionId: "session_123", role: "participant" }] }),
  leave_session: z.object({ sessionId: id, ...senderIds }).meta({ examples: [{ sessionId: "session_123" }] }),
  edit: z
    .discriminatedUnion(
      "operation",
      [
        z.object({ ...place, operation: z.literal("insert"), content: content.min(1, "must not be empty") }),
        z.object({ ...place, operation: z.literal("delete"), length }),
        z.object({ ...place, operation: z.literal("replace"), length, content }),
      ],
      "must be insert, delete or replace",
    )
    .meta({
      examples: [
        { operation: "insert", position: 42, content: "Hello World", version: 15 },
        { operation: "delete", position: 42, length: 5, version: 16 },
        { operation: "replace", position: 42, length: 6, content: "Dear ", version: 17 },
      ],
    }),
};

const participant = { userId: id, username: z.string() };
const ada = { userId: "user_1", username: "Ada" };

/** Events that the server sends. */
export const events = {
  session_joined: z
    .object({
      sessionId: id,
      content: z.string(),
      version: z.int(),
      participants: z.array(z.object({ ...participant, role })),
    })
    .meta({
      examples: [
        {
          sessionId: "session_123",
          content: "Hello",
          version: 15,
          participants: [{ ...ada, role: "participant" }],
        },
      ],
    }),
  session_left: z.object({ sessionId: id }).meta({ examples: [{ sessionId: "session_123" }] }),
  /** The user has joined the session, or has another role there now. */
  participant_joined: z
    .object({ sessionId: id, ...participant, role })
    .meta({ examples: [{ sessionId: "session_123", ...ada, role: "participant" }] }),
  participant_left: z
    .object({ sessionId: id, ...participant })
    .meta({ examples: [{ sessionId: "session_123", ...ada }] }),
  edit: z
    .object({
      sessionId: id,
      operation: z.enum(["insert", "delete", "replace"]),
      position: z.int(),
      length: z.int().optional(),
      content: z.string().optional(),
      version: z.int(),
      author: z.string(),
      authorId: id,
    })
    .meta({
      examples: [
        {
          sessionId: "session_123",
          operation: "insert",
          position: 42,
          content: "Hello World",
          version: 16,
          author: "Ada",
          authorId: "user_1",
        },
      ],
    }),
  edit_ack: z
    .object({ sessionId: id, version: z.int() })
    .meta({ examples: [{ sessionId: "session_123", version: 16 }] }),
};
