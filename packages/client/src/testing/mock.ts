import type { ConnectionEvent } from "../connection.ts";
import type { Address, CreateSocket, Socket } from "../socket.ts";

/** A frame of any contract, to be read. */
export type MockMessage = { readonly type: string } & Readonly<Record<string, unknown>>;
/** A frame of any contract, also one whose type is an interface: these have no index signature. */
export type AnyMessage = MockMessage | { readonly type: string };

/** Contract diet-game: Testing. The server's end of a connection that has no wire. */
export interface MockWebSocketConnection {
  /** Where the client wanted to connect. */
  readonly address: Address;
  /** As the client would. */
  send(message: AnyMessage): void;
  /** As the server would: the line is closed with 1000. */
  close(): void;
  simulateMessage(message: AnyMessage): void;
  /** The line breaks. */
  simulateError(error: Error): void;
}

/** What an assertion was not true of. */
export class AssertionFailed extends Error {
  override readonly name = "AssertionFailed";
}

/** A socket whose other end is the helper. */
class MockSocket implements Socket, MockWebSocketConnection {
  onopen: (() => unknown) | null = null;
  onmessage: ((event: { readonly data: string }) => unknown) | null = null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => unknown) | null = null;
  onerror: ((event: { readonly error: Error }) => unknown) | null = null;

  constructor(
    public address: Address,
    private readonly sent: MockMessage[],
    private readonly received: MockMessage[],
    private readonly answer: (message: MockMessage, connection: MockWebSocketConnection) => void,
  ) {}

  send(message: AnyMessage | string): void {
    const frame = typeof message === "string" ? JSON.parse(message) : readable(message);
    this.sent.push(frame);
    this.answer(frame, this);
  }

  close(code = 1000, reason = ""): void {
    this.onclose?.({ code, reason });
  }

  simulateMessage(message: AnyMessage): void {
    this.received.push(readable(message));
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  simulateError(error: Error): void {
    this.onerror?.({ error });
    this.onclose?.({ code: 1006, reason: error.message });
  }
}

export interface HelperOptions {
  /** What the server says to each message, so that a client is let in, for one. */
  readonly answer?: (message: MockMessage, connection: MockWebSocketConnection) => void;
}

/**
 * Contract diet-game: WebSocketTestHelper. A client that is given its `createSocket` speaks with the test:
 * `new ChatWebSocketClient({ url, createSocket: helper.createSocket })`.
 */
export class WebSocketTestHelper {
  readonly sent: MockMessage[] = [];
  readonly received: MockMessage[] = [];
  readonly #answer: NonNullable<HelperOptions["answer"]>;
  /** Made before a client has asked for them. */
  readonly #waiting: MockSocket[] = [];
  #last: MockSocket | undefined;

  constructor({ answer = () => {} }: HelperOptions = {}) {
    this.#answer = answer;
  }

  /** The next connection that a client makes. */
  createMockConnection(): MockWebSocketConnection {
    const socket = this.#make({ url: "", protocols: [] });
    this.#waiting.push(socket);
    return socket;
  }

  /** For a client's options. The connection opens by itself. */
  readonly createSocket: CreateSocket = (address) => {
    const socket = this.#waiting.shift() ?? this.#make(address);
    socket.address = address;
    this.#last = socket;
    queueMicrotask(() => socket.onopen?.());
    return socket;
  };

  simulateMessage(message: AnyMessage): void {
    this.#connection().simulateMessage(message);
  }

  /** To a client an error, and having to reconnect, are a line that breaks. */
  simulateConnectionEvent({ type, data }: ConnectionEvent): void {
    const connection = this.#connection();
    if (type === "connected") connection.onopen?.();
    else if (type === "disconnected") connection.close(data?.code, data?.reason);
    else connection.simulateError(data?.error ?? new Error(type));
  }

  /** Some message of this type had at least this in its `data`, or `payload`, or, of a flat one, itself. */
  assertMessageSent(messageType: string, data: unknown = {}): void {
    assertAmong("sent", this.sent, messageType, data);
  }

  assertMessageReceived(messageType: string, data: unknown = {}): void {
    assertAmong("received", this.received, messageType, data);
  }

  simulateError(error: Error): void {
    this.#connection().simulateError(error);
  }

  #make(address: Address): MockSocket {
    return new MockSocket(address, this.sent, this.received, this.#answer);
  }

  #connection(): MockSocket {
    const connection = this.#last ?? this.#waiting[0];
    if (!connection) throw new AssertionFailed("nobody has connected");
    return connection;
  }
}

const readable = ({ type, ...rest }: AnyMessage): MockMessage => ({ type, ...rest });

function assertAmong(what: string, messages: readonly MockMessage[], type: string, data: unknown): void {
  const alike = messages.filter((message) => message.type === type);
  if (alike.some((message) => holds(message["data"] ?? message["payload"] ?? message, data))) return;
  const those = JSON.stringify(alike.length > 0 ? alike : messages.map((message) => message.type));
  throw new AssertionFailed(`no ${type} with ${JSON.stringify(data)} was ${what}, but ${those}`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Whether it has all that is expected, and maybe more. */
function holds(actual: unknown, expected: unknown): boolean {
  if (!isObject(actual) || !isObject(expected)) return Object.is(actual, expected);
  if (Array.isArray(expected) && (!Array.isArray(actual) || actual.length !== expected.length)) return false;
  return Object.entries(expected).every(([key, value]) => holds(actual[key], value));
}
