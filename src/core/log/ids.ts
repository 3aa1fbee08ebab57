import { randomBytes } from "node:crypto";

/**
 * Makes ids that no other process and no earlier start of this one makes: a random prefix drawn at the
 * start, then a counter. Letters and digits only.
 */
export function createIds(): () => string {
  const prefix = BigInt(`0x${randomBytes(8).toString("hex")}`).toString(36);
  let made = 0;
  return () => prefix + (made++).toString(36);
}
