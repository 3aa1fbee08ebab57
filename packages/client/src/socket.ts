/** As much of a WebSocket as is used here: a browser's, Bun's, Node's, that of the package `ws`, or one of a test. */
export interface Socket {
  /** 1 of one that is open from the beginning. */
  readonly readyState?: number;
  onopen?: ((event: never) => unknown) | null;
  /** The event has the frame as its `data`. */
  onmessage: ((event: never) => unknown) | null;
  /** The event has `code` and `reason`. */
  onclose?: ((event: never) => unknown) | null;
  onerror?: ((event: never) => unknown) | null;
  send(frame: string): void;
  /** One that has none is closed as soon as it is left. */
  close?(code?: number, reason?: string): void;
}

export interface Address {
  readonly url: string;
  readonly protocols: string[];
}

export type CreateSocket = (address: Address) => Socket;

type SocketClass = new (url: string, protocols: string[]) => Socket;

/** As much of Node's `process` as is used here. */
interface Node {
  readonly argv: readonly string[];
  cwd(): string;
  getBuiltinModule(name: "node:module"): {
    createRequire(from: string): (name: string) => { readonly WebSocket: SocketClass };
  };
}

const MISSING = "no WebSocket: install ws or give createSocket";

/** The runtime's WebSocket or, in Node 20, which has none, that of the package `ws` where the project has it. */
export const createWebSocket: CreateSocket = ({ url, protocols }) =>
  new (globalThis.WebSocket ?? ofPackage())(url, protocols);

/** Not imported: no bundler is to look for it. */
function ofPackage(): SocketClass {
  try {
    const { process }: { readonly process: Node } = Object(globalThis);
    // From where the program is, or else where it was started.
    const from = process.argv[1] ?? `${process.cwd()}/`;
    return process.getBuiltinModule("node:module").createRequire(from)("ws").WebSocket;
  } catch {
    throw new Error(MISSING);
  }
}
