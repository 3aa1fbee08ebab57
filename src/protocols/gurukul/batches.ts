import type { Cancel, Clock } from "../../core/ports/clock.ts";
import type { Diversion } from "../../core/protocol/diversion.ts";
import { batch } from "./frames.ts";

/**
 * Delivery of room frames to a `?batch=1` connection: they are collected and sent once an interval, or
 * earlier if they would no longer fit into one frame.
 */
export function createBatches(
  clock: Clock,
  intervalMs: number,
  maxBytes: number,
  send: (frame: string) => void,
): Diversion {
  let frames: string[] = [];
  let bytes = 0;
  let timer: Cancel | undefined;

  function flush(): void {
    timer?.();
    timer = undefined;
    if (frames.length === 0) return;
    const full = frames;
    frames = [];
    bytes = 0;
    send(batch(full, clock.now()));
  }

  return {
    deliver(frame) {
      const size = Buffer.byteLength(frame);
      if (bytes + size > maxBytes) flush();
      frames.push(frame);
      bytes += size;
      timer ??= clock.after(intervalMs, flush);
    },
    flush,
    held: () => bytes,
  };
}
