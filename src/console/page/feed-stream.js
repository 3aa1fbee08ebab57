import { openFeed, Refused } from "./server.js";

const RETRY_MS = 1_000;

/**
 * Follows the feed after a cursor until `stop()`. When the connection is lost it connects again and continues at its
 * cursor. While it is paused it does not read, and backpressure stops the server.
 * `on` has `event(event)`, `cursor(position)`, `state(text)` and `ended(error?)`.
 */
export function followFeed(filter, after, on) {
  const stopped = new AbortController();
  let going = Promise.resolve();
  let go;

  async function follow() {
    for (let cursor = after; !stopped.signal.aborted; ) {
      try {
        const reader = await openFeed(new URLSearchParams([["after", cursor], ...filter]), stopped.signal);
        on.state("Following");
        for await (const { id, data } of eventsOf(reader)) {
          await going;
          if (stopped.signal.aborted) return;
          if (data !== undefined) on.event(JSON.parse(data));
          if (id === undefined) continue;
          cursor = id;
          on.cursor(cursor);
        }
        on.state("The server ended the stream. Trying again");
      } catch (error) {
        if (stopped.signal.aborted) return;
        if (error.oldest !== undefined) {
          on.state(`Retention has removed events after ${cursor}. Continuing after ${error.oldest}`);
          cursor = error.oldest;
          continue;
        }
        if (error instanceof Refused && error.status < 500) return on.ended(error);
        on.state(`${error.message}. Trying again`);
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  follow();

  return {
    pause() {
      going = new Promise((resolve) => {
        go = resolve;
      });
    },
    resume: () => go(),
    stop() {
      stopped.abort();
      go?.();
    },
  };
}

/** Server-Sent Events without comments. */
async function* eventsOf(reader) {
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (text + decoder.decode(value, { stream: true })).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      // Not `.`, which ends at U+2028 too: a message may hold it.
      yield { id: /^id: ([^\n]*)/m.exec(block)?.[1], data: /^data: ([^\n]*)/m.exec(block)?.[1] };
    }
  }
}
