import { z } from "zod";

/**
 * RFC 3339 as people write it: `T` may be lower case or a space, `Z` lower case, seconds may be missing, and a zone be
 * written without its colon or its minutes.
 */
const TIME =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,20}))?)?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)$/;
/** As every parser reads it. A leap second is not among them. */
const PLAIN = /^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Milliseconds since the epoch, microseconds as a fraction; undefined for a text that is not a time. The leap second 23:59:60
 * is the first of the next minute, as POSIX has it. Every time that comes as text is read here.
 */
export function parseTime(text: string): number | undefined {
  const found = TIME.exec(text);
  if (!found) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0)) as Six;
  const [, , , , , , , fraction = "0", sign, zoneHour = "0", zoneMinute = "0"] = found;
  if (hour > 23 || minute > 59 || second > (minute === 59 ? 60 : 59)) return undefined;
  if (Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  date.setUTCHours(hour, minute, second);
  const zone = (sign === "-" ? -1 : 1) * (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000;
  const micros = Math.floor(Number(`0.${fraction}`) * 1e6 + 1e-6);
  return date.getTime() - zone + micros / 1_000;
}
type Six = [year: number, month: number, day: number, hour: number, minute: number, second: number];

export const NOT_A_TIME = "must be an RFC 3339 time, such as 2026-01-31T12:00:00Z";

let lastTime = Number.NaN;
let lastText = "";

/** The text of a time in milliseconds since the epoch. Messages of one millisecond share it, for it costs 0.3 µs. */
export function iso(time: number): string {
  if (time !== lastTime) {
    lastText = new Date(time).toISOString();
    lastTime = time;
  }
  return lastText;
}

/** Rewrites a time that some parsers cannot read into a form that all can. */
function plain(text: string): string {
  const time = PLAIN.test(text) ? undefined : parseTime(text);
  return time === undefined ? text : new Date(time).toISOString();
}

/** A time in a message. */
export const time = z
  .string()
  .refine((text) => parseTime(text) !== undefined, NOT_A_TIME)
  .overwrite(plain)
  .meta({ format: "date-time" });
