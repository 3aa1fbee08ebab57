import type { Faults } from "./faults.ts";
import type { Wire } from "./wire.ts";

/** Address of a connection. */
export interface Way {
  readonly path: string;
  readonly protocols?: readonly string[];
  readonly wire?: Wire | undefined;
}

/** A WebSocket that carries JSON. */
export interface Line {
  readonly isOpen: boolean;
  /**
   * A text or bytes go out unchanged, other values as JSON. Lost when the connection is gone, as on any wire.
   */
  send(frame: unknown): void;
  close(): void;
}

export interface LineEvents {
  /** Called before any frame is heard. */
  opened(line: Line): void;
  /** Throws for a frame that the contract does not know. */
  heard(frame: unknown): void;
  closed(how: string): void;
}

const CONNECT_MS = 5_000;
/** How a connection was closed that did not come about in this time. */
export const TOO_SLOW = "by the client, which had no answer";

/** Resolves once the socket is open or has failed to open. */
export function openLine(
  origin: string,
  { wire, path, protocols = [] }: Way,
  { opened, heard, closed }: LineEvents,
  faults: Faults,
): Promise<void> {
  const url = wire ? `ws://127.0.0.1:${wire.port}${path}` : origin.replace(/^http/, "ws") + path;
  const socket = new WebSocket(url, [...protocols]);
  const settled = Promise.withResolvers<void>();
  const line: Line = {
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
    send(frame) {
      if (!this.isOpen) return;
      socket.send(typeof frame === "string" || frame instanceof Uint8Array ? frame : JSON.stringify(frame));
    },
    close: () => socket.close(),
  };
  /** Nothing that a closed connection still holds counts as heard on the next one. */
  let isOver = false;
  let isTooSlow = false;
  const limit = setTimeout(() => {
    isTooSlow = true;
    socket.close();
  }, CONNECT_MS);
  socket.addEventListener("open", () => {
    clearTimeout(limit);
    opened(line);
    settled.resolve();
  });
  socket.addEventListener("message", ({ data }) => {
    if (!isOver && socket.readyState === WebSocket.OPEN) take(String(data), path, heard, faults);
  });
  socket.addEventListener("error", () => settled.resolve());
  socket.addEventListener("close", ({ code, reason }) => {
    clearTimeout(limit);
    settled.resolve();
    isOver = true;
    closed(isTooSlow ? TOO_SLOW : `${code} ${reason}`.trimEnd());
  });
  return settled.promise;
}

/** A frame that the contract does not know is a fault. */
export function take(text: string, path: string, heard: LineEvents["heard"], faults: Faults): void {
  try {
    heard(JSON.parse(text));
  } catch (error) {
    faults.add("altered", `no frame of ${path.split("?")[0]}: ${text.slice(0, 100)} (${error})`);
  }
}
