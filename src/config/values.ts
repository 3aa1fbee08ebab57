import { z } from "zod";

/** In digits: `1e3` and `0x10` are numbers for a program, and mistakes in a setting. */
export const whole = z
  .string()
  .regex(/^-?\d{1,15}$/, "a whole number")
  .transform(Number);
export const between = (least: number, most: number, expected: string) =>
  whole.pipe(z.number().min(least, expected).max(most, expected));
export const count = (byDefault: number) => whole.pipe(z.number().min(0, "0 or more")).default(byDefault);
/** Timers accept no more. */
export const LONGEST_MS = 2_147_483_647;
const atMost = (most: number) => z.number().min(1, "1 or more").max(most, `at most ${most}`);
export const milliseconds = whole.pipe(atMost(LONGEST_MS));
/** Bun is given twice this as its limit on a frame, and takes that. */
const LARGEST_MESSAGE = 67_108_864;
export const bytes = (byDefault: number) => whole.pipe(atMost(LARGEST_MESSAGE)).default(byDefault);
export const list = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== ""),
);
export const flag = z
  .string()
  .toLowerCase()
  .pipe(z.enum(["1", "true", "on", "yes", "0", "false", "off", "no"], "on or off"))
  .transform((word) => ["1", "true", "on", "yes"].includes(word));
export const url = z.url({ protocol: /^https?$/, error: "an http or https URL" });
export const socketUrl = z.url({ protocol: /^wss?$/, error: "a ws or wss URL" });
/** What an HTTP header can carry. */
export const visible = /^[!-~]+$/;
