import { createHmac } from "node:crypto";

/** One segment of a token. */
export const segment = (value: unknown) =>
  (Buffer.isBuffer(value)
    ? value
    : Buffer.from(typeof value === "string" ? value : JSON.stringify(value))
  ).toString("base64url");

/** Signs any header and payload with HMAC-SHA-256, also those that a JWT library refuses. */
export function forge(header: unknown, payload: unknown, key: string | Buffer): string {
  const input = `${segment(header)}.${segment(payload)}`;
  return `${input}.${createHmac("sha256", key).update(input).digest("base64url")}`;
}
