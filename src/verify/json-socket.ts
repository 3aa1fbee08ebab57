import type { Faults } from "./faults.ts";
import type { Wire } from "./wire.ts";

/** Address of a connection. */
export interface Endpoint {
  readonly path: string;
  readonly protocols?: readonly string[];
  readonly wire?: Wire | undefined;
}

/** A WebSocket that carries JSON. */
export interface JsonSocket {
  readonly isOpen: boolean;
  /**
   * A text or bytes go out unchanged, other values as JSON. Lost when the connection is gone, as on any wire.
   */
  send(frame: unknown): void;
  close(): void;
}

export interface SocketEvents {
  /** Called before any frame is heard. */
  opened(socket: JsonSocket): void;
  /** Throws for a frame that the contract does not know. */
  heard(frame: unknown): void;
  closed(how: string): void;
}

const CONNECT_MS = 5_000;
/** How a connection was closed that did not come about in this time. */
export const TOO_SLOW = "by the client, which had no answer";

/** Resolves once the socket is open or has failed to open. */
export function openSocket(
  origin: string,
  { wire, path, protocols = [] }: Endpoint,
  { opened, heard, closed }: SocketEvents,
  faults: Faults,
): Promise<void> {
  const url = wire ? `ws://127.0.0.1:${wire.port}${path}` : origin.replace(/^http/, "ws") + path;
  const webSocket = new WebSocket(url, [...protocols]);
  const settled = Promise.withResolvers<void>();
  const socket: JsonSocket = {
    get isOpen() {
      return webSocket.readyState === WebSocket.OPEN;
    },
    send(frame) {
      if (!this.isOpen) return;
      webSocket.send(
        typeof frame === "string" || frame instanceof Uint8Array ? frame : JSON.stringify(frame),
      );
    },
    close: () => webSocket.close(),
  };
  /** Nothing that a closed connection still holds counts as heard on the next one. */
  let isOver = false;
  let isTooSlow = false;
  const limit = setTimeout(() => {
    isTooSlow = true;
    webSocket.close();
  }, CONNECT_MS);
  webSocket.addEventListener("open", () => {
    clearTimeout(limit);
    opened(socket);
    settled.resolve();
  });
  webSocket.addEventListener("message", ({ data }) => {
    if (!isOver && webSocket.readyState === WebSocket.OPEN) take(String(data), path, heard, faults);
  });
  webSocket.addEventListener("error", () => settled.resolve());
  webSocket.addEventListener("close", ({ code, reason }) => {
    clearTimeout(limit);
    settled.resolve();
    isOver = true;
    closed(isTooSlow ? TOO_SLOW : `${code} ${reason}`.trimEnd());
  });
  return settled.promise;
}

/** A frame that the contract does not know is a fault. */
export function take(text: string, path: string, heard: SocketEvents["heard"], faults: Faults): void {
  try {
    heard(JSON.parse(text));
  } catch (error) {
    faults.add("altered", `no frame of ${path.split("?")[0]}: ${text.slice(0, 100)} (${error})`);
  }
}
