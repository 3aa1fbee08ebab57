/** Seconds that a peer may take over an HTTP request or an upgrade. */
export const HTTP_IDLE_SECONDS = 10;
/** Longer than the longest poll, and than the pauses between two comments of a stream. */
const FEED_IDLE_SECONDS = 75;
/** Bun takes no more. */
const LONGEST_SECONDS = 255;

const IS_FEED = /^[^?]*\/(?:feed|export)(?:\?|$)/;
const IS_WEBHOOK_TEST = /^[^?]*\/webhooks\/[^/?]+\/test(?:\?|$)/;

/**
 * Seconds that the connection of a request may be silent. Polls, streams and tests of webhooks may be silent for longer
 * than a peer that is still sending its request.
 */
export function idleSecondsOf(url: string, webhookTimeoutMs: number): number {
  if (IS_FEED.test(url)) return FEED_IDLE_SECONDS;
  if (!IS_WEBHOOK_TEST.test(url)) return HTTP_IDLE_SECONDS;
  return Math.min(LONGEST_SECONDS, Math.ceil(webhookTimeoutMs / 1_000) + HTTP_IDLE_SECONDS);
}
