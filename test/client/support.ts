import type { MessageStore } from "../../packages/client/src/index.ts";
import type { Address, CreateSocket, Socket } from "../../packages/client/src/socket.ts";

/** A socket whose server is the test. */
export class FakeSocket implements Socket {
  onopen: ((event: never) => unknown) | null = null;
  onmessage: ((event: never) => unknown) | null = null;
  onclose: ((event: never) => unknown) | null = null;
  onerror: ((event: never) => unknown) | null = null;
  /** What the client has sent and nobody has looked at. */
  readonly sent: Record<string, unknown>[] = [];
  isClosed = false;

  constructor(readonly address: Address) {}

  send(frame: string): void {
    this.sent.push(JSON.parse(frame));
  }

  close(): void {
    this.isClosed = true;
    this.onclose?.({ code: 1000, reason: "" } as never);
  }

  open(): void {
    this.onopen?.({} as never);
  }

  say(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as never);
  }

  /** The server closes it, or the line is lost. */
  end(code = 1006, reason = ""): void {
    this.onclose?.({ code, reason } as never);
  }
}

/** Sockets in the order in which they were asked for. */
export function fakeSockets() {
  const all: FakeSocket[] = [];
  const waiting: ((socket: FakeSocket) => void)[] = [];
  const create: CreateSocket = (address) => {
    const socket = new FakeSocket(address);
    const first = waiting.shift();
    if (first) first(socket);
    else all.push(socket);
    return socket;
  };
  /** The next one. */
  const next = (): Promise<FakeSocket> => {
    const socket = all.shift();
    return socket ? Promise.resolve(socket) : new Promise((resolve) => waiting.push(resolve));
  };
  return { create, next, all };
}

/** Time that passes as soon as anybody waits for it: for what would be the same after a wait. */
export const hasty = { baseDelay: 1, maxBackoff: 1 };
/** As the test servers have none. */
export const noRate = { messagesPerMinute: 0 };

/** What a promise rejects with, or "resolved". */
export const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "resolved",
    (error: unknown) => error,
  );

/** A JWT that says this, as far as a client can tell. */
export const tokenOf = (sub: string, claims: object = {}): string =>
  `e30.${btoa(JSON.stringify({ sub, ...claims }))}.none`;

/** Lets what waits in promises happen. */
export async function settled(): Promise<void> {
  for (let n = 0; n < 20; n++) await null;
}

/** What is kept in a browser between two pages: offsets, and no messages. */
export function offsetStore(): MessageStore {
  const kept = new Map<string, readonly (readonly [string, number])[]>();
  return {
    load: async () => [],
    put: async () => {},
    delete: async () => {},
    loadOffsets: async (owner) => kept.get(owner),
    saveOffsets: async (owner, offsets) => void kept.set(owner, offsets),
  };
}
