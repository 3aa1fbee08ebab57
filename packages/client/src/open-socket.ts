import type { Clock } from "./clock.ts";
import type { Socket } from "./socket.ts";

/** A `readyState` (HTML: The WebSocket interface). */
export const OPEN = 1;
/** How long a close may take. */
const CLOSE_MS = 2_000;

/** Closes it, and hears no more of it. */
export function release(socket: Socket): void {
  socket.onopen = null;
  socket.onmessage = null;
  socket.onclose = null;
  socket.close?.();
}

/** Resolves when it is closed, or when that takes too long. */
export const closed = (socket: Socket, clock: Clock): Promise<void> =>
  new Promise((resolve) => {
    const cancel = clock.after(CLOSE_MS, resolve);
    socket.onclose = () => {
      cancel();
      resolve();
    };
    socket.close?.(1000);
  });
