import { z } from "zod";
import type { History, Span } from "../ports/history.ts";

/** An offset on the wire, counted from 1 in each room. */
const offset = z.int().nonnegative();

/**
 * The first answer to a client that resumes a room (docs/resume.md). Events after the offset `after` are sent, up to `until`,
 * the room's last. `reason`:
 * - `expired`: retention has removed some of the missed events; all after `after` are sent.
 * - `removed`: the room was removed; all events of the room that has its name now are sent.
 * - `ahead`: the room never had this offset: the database was restored from a backup.
 * - `too_many`: more was missed than `RESUME_LIMIT`.
 * - `forbidden`: the user may not be in the room.
 */
export const verdict = z
  .object({
    ...{ room: z.string(), after: offset, until: offset, complete: z.boolean() },
    reason: z.enum(["expired", "removed", "ahead", "too_many", "forbidden"]).optional(),
  })
  .meta({
    examples: [
      { room: "chat:chat-1", after: 7, until: 9, complete: true },
      { room: "chat:chat-2", after: 5, until: 9, complete: false, reason: "expired" },
    ],
  });
export type Verdict = Readonly<z.output<typeof verdict>>;

/** Where a room is that was joined without being resumed. */
export const place = z
  .object({ room: z.string(), offset })
  .meta({ examples: [{ room: "chat:chat-1", offset: 7 }] });

/** `limit`: how many events may be told again; 0 is no limit. */
export function judge(history: History, room: string, asked: number, limit: number): Verdict {
  const span = history.span(room);
  const { gone, last } = span;
  if (asked > last) return { room, after: last, until: last, complete: false, reason: "ahead" };
  // 0 asks for all that is kept.
  const after = Math.max(asked, gone);
  if (limit > 0 && last - after > limit)
    return { room, after: last, until: last, complete: false, reason: "too_many" };
  return (asked > 0 && lost(room, asked, span)) || { room, after, until: last, complete: true };
}

/** The verdict for a client that got the events up to an offset, when later ones are no longer kept. */
export function lost(room: string, told: number, { removed, gone, last }: Span): Verdict | undefined {
  if (told >= gone) return undefined;
  const reason = told < removed ? "removed" : "expired";
  return { room, after: gone, until: last, complete: false, reason };
}
