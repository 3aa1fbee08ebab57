import { createHmac } from "node:crypto";

/** One segment of a token. */
export const segment = (value: unknown) =>
  (Buffer.isBuffer(value)
    ? value
    : Buffer.from(typeof value === "string" ? value : JSON.stringify(value))
  ).toString("base64url");

/** Signs with HMAC-SHA-256 whatever header and payload it is given, also what no JWT library would. */
export function forge(header: unknown, payload: unknown, key: string | Buffer): string {
  const input = `${segment(header)}.${segment(payload)}`;
  return `${input}.${createHmac("sha256", key).update(input).digest("base64url")}`;
}
