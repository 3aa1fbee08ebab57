import { allOf, kindOf } from "../protocol/room-name.ts";

/** The options in the URL of an upgrade that every contract has. */
export interface Asked {
  /** Frames of stored events carry their room and offset. */
  readonly offsets: boolean;
  /** By room, the offset of the last event that the client has. */
  readonly resume: ReadonlyMap<string, number>;
  /** Why `resume` cannot be read. The connection then goes on without it. */
  readonly wrong?: string;
}

const MAX_ROOMS = 100;
const MAX_BYTES = 8 * 1_024;
const HOW = `must be <room>@<offset>,... with offsets from 0, of at most ${MAX_ROOMS} rooms, each by its name and none of them *, in at most ${MAX_BYTES} bytes`;
/** A room's id may hold commas and signs, so an entry ends with the number after its last `@`. */
const ENTRY = /^([a-z]+(?:-[a-z]+)?:[^\s\p{C}]{1,128}?)@(\d{1,15})(?:,|$)/u;

/** Reads `?offsets=1` and `?resume=<room>@<offset>,...`. */
export function readAsked({ searchParams }: URL): Asked {
  const text = searchParams.get("resume") ?? "";
  const offsets = searchParams.get("offsets") === "1";
  if (text === "") return { offsets, resume: new Map() };
  const resume = Buffer.byteLength(text) > MAX_BYTES ? undefined : parse(text);
  return resume ? { offsets: true, resume } : { offsets: false, resume: new Map(), wrong: HOW };
}

function parse(text: string): Map<string, number> | undefined {
  const resume = new Map<string, number>();
  for (let rest = text; rest !== ""; ) {
    const [all, room, offset] = ENTRY.exec(rest) ?? [];
    if (all === undefined || room === undefined || resume.has(room)) return undefined;
    // What stands for all rooms of a kind has no offset.
    if (room === allOf(kindOf(room))) return undefined;
    resume.set(room, Number(offset));
    rest = rest.slice(all.length);
  }
  return text.endsWith(",") || resume.size > MAX_ROOMS ? undefined : resume;
}
