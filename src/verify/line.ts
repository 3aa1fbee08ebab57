import { type Stage, urlOf } from "./stage.ts";
import type { Wire } from "./wire.ts";

/** A WebSocket that speaks JSON. */
export interface Line {
  readonly isOpen: boolean;
  /** A text or bytes go out as they are, anything else as JSON. Lost when the connection is gone, as on any wire. */
  send(frame: unknown): void;
  close(): void;
}

export interface LineEvents {
  /** Before anything is heard. */
  opened(line: Line): void;
  /** Throws when that is no frame of the contract. */
  heard(frame: unknown): void;
  closed(how: string): void;
}

const CONNECT_MS = 5_000;

/** Resolves once the socket is open, or will not be. */
export function openLine(
  stage: Stage,
  { wire, path, protocols = [] }: { wire: Wire | undefined; path: string; protocols?: string[] },
  { opened, heard, closed }: LineEvents,
): Promise<void> {
  const socket = new WebSocket(urlOf(stage, wire, path), protocols);
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
  const limit = setTimeout(() => socket.close(), CONNECT_MS);
  socket.addEventListener("open", () => {
    clearTimeout(limit);
    opened(line);
    settled.resolve();
  });
  socket.addEventListener("message", ({ data }) => {
    try {
      heard(JSON.parse(String(data)));
    } catch {
      stage.ledger.faults.add("altered", `no frame of ${path.split("?")[0]}: ${String(data).slice(0, 100)}`);
    }
  });
  socket.addEventListener("error", () => settled.resolve());
  socket.addEventListener("close", ({ code, reason }) => {
    clearTimeout(limit);
    settled.resolve();
    closed(`${code} ${reason}`.trimEnd());
  });
  return settled.promise;
}
