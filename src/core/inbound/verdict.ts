import type { History } from "../ports/history.ts";

/** The first answer to a client that resumes a room. */
export interface Verdict {
  readonly room: string;
  /** Events after this offset are told. */
  readonly after: number;
  /** The room's last offset. */
  readonly until: number;
  readonly complete: boolean;
  /**
   * - `expired`: retention has removed some of what was missed; what is told is whole from `after` on.
   * - `removed`: the room was removed; what is told is all of the room that was made since.
   * - `ahead`: the room never had this offset: the database was restored from a backup.
   * - `too_many`: more was missed than `RESUME_LIMIT`.
   * - `forbidden`: the user may not be in the room.
   */
  readonly reason?: "expired" | "removed" | "ahead" | "too_many" | "forbidden";
}

/** `limit`: how many events may be told again; 0 is no limit. */
export function judge(history: History, room: string, asked: number, limit: number): Verdict {
  const { removed, gone, last } = history.span(room);
  const incomplete = (reason: Verdict["reason"], after: number): Verdict => ({
    ...{ room, after, until: last, complete: false },
    ...(reason && { reason }),
  });
  if (asked > last) return incomplete("ahead", last);
  // 0 asks for all that is kept.
  const after = Math.max(asked, gone);
  if (limit > 0 && last - after > limit) return incomplete("too_many", last);
  if (asked > 0 && asked < removed) return incomplete("removed", after);
  if (asked > 0 && asked < gone) return incomplete("expired", after);
  return { room, after, until: last, complete: true };
}
