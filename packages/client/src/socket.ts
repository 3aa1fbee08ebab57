/** As much of a WebSocket as is used here: a browser's, Bun's, Node's, or one of a test. */
export interface Socket {
  onopen: ((event: never) => unknown) | null;
  /** The event has the frame as its `data`. */
  onmessage: ((event: never) => unknown) | null;
  /** The event has `code` and `reason`. */
  onclose: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  send(frame: string): void;
  close(code?: number, reason?: string): void;
}

export interface Address {
  readonly url: string;
  readonly protocols: string[];
}

export type CreateSocket = (address: Address) => Socket;

export const createWebSocket: CreateSocket = ({ url, protocols }) => new WebSocket(url, protocols);
