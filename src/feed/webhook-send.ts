import { createHmac, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { type Allowed, addressOf } from "./webhook-address.ts";

const PREFIX = "whsec_";
const MAX_ANSWER_BYTES = 4_096;

export const newSecret = (): string => PREFIX + randomBytes(24).toString("base64");

/** Standard Webhooks: `whsec_` and the base64 of 24 to 64 bytes. */
export function isSecret(text: string): boolean {
  if (!text.startsWith(PREFIX)) return false;
  const encoded = text.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, "base64");
  return bytes.toString("base64") === encoded && bytes.length >= 24 && bytes.length <= 64;
}

export interface Message {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly body: string;
}

/** One signature for each secret that is valid. */
export function signaturesOf({ id, timestamp, body }: Message, secrets: readonly string[]): string {
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(PREFIX.length), "base64");
      return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
    })
    .join(" ");
}

export interface Sending {
  readonly url: string;
  readonly secrets: readonly string[];
  readonly allowed: Allowed;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Further certificate authorities. */
  readonly ca?: string;
}

export interface WebhookResponse {
  readonly status: number;
  /** Milliseconds until the receiver wants the next request. */
  readonly retryAfter: number;
}

/** Sends one request and follows no redirect. Throws if no answer comes in time. */
export async function send(
  message: Message,
  { url, secrets, allowed, timeoutMs, signal, ca }: Sending,
): Promise<WebhookResponse> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const ended = AbortSignal.any([signal, timeout]);
  const aborted = new Promise<never>((_, reject) =>
    ended.addEventListener("abort", () =>
      reject(new Error(timeout.aborted ? `no answer within ${timeoutMs} ms` : "the server stops")),
    ),
  );
  const target = new URL(url);
  const { host, hostname, protocol } = target;
  const address = await Promise.race([addressOf(target, allowed), aborted]);
  target.hostname = isIP(address) === 6 ? `[${address}]` : address;
  const isSecure = protocol === "https:";
  const answer = await Promise.race([
    fetch(target, {
      method: "POST",
      body: message.body,
      redirect: "manual",
      // A proxy of the environment would connect to an address that nobody checked.
      proxy: false,
      // Nobody reads the answer, and Bun writes what it cannot decompress about to standard error.
      decompress: false,
      signal: ended,
      // A kept connection to an address could be used for another host at that address.
      keepalive: !isSecure,
      headers: {
        host,
        "content-type": "application/json",
        "user-agent": "Switchboard",
        "webhook-id": message.id,
        "webhook-timestamp": String(message.timestamp),
        "webhook-signature": signaturesOf(message, secrets),
      },
      ...(isSecure && { tls: { serverName: hostname, ...(ca !== undefined && { ca }) } }),
    }),
    aborted,
  ]);
  await Promise.race([readAnswer(answer), aborted]);
  return { status: answer.status, retryAfter: retryAfterOf(answer.headers.get("retry-after")) };
}

/** Reads as much as a well-behaved receiver sends, and drops the rest. */
async function readAnswer({ body }: Response): Promise<void> {
  const reader = body?.getReader();
  for (let bytes = 0; reader && bytes < MAX_ANSWER_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) return;
    bytes += value.length;
  }
  await reader?.cancel();
}

const DAY_MS = 86_400_000;

function retryAfterOf(text: string | null): number {
  if (text === null) return 0;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(DAY_MS, Math.max(0, ms)) : 0;
}

/** Without the advice that Bun adds for programmers, and without the URL, which may hold a secret. */
export const reasonOf = ({ message }: Error): string =>
  message.replace(/(?: fetching ".*"\.)? (?:For more information, pass|Is the computer able) .*$/s, "");

export const isAccepted = ({ status }: WebhookResponse): boolean => status >= 200 && status < 300;
