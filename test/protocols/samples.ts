import type { Frame, TestClient } from "../support/client.ts";
import type { FakeClock } from "../support/fake-clock.ts";
import type { Target } from "../support/relay.ts";
import type { TestServer } from "../support/server.ts";

/** How a protocol says no: a frame (compared field for field, matchers allowed), a close code, or both. */
export interface Refused {
  readonly frame?: Frame;
  /** Absent: the connection lives. */
  readonly close?: number;
}

/** What the shared suite must know of a protocol: how its clients come in, what they see, how it says no. */
export interface Samples {
  /** Two rooms, as tokens grant them. */
  readonly room: string;
  readonly otherRoom: string;

  /**
   * Opens a connection and sends all it takes to get into the room, the token first; waits for no answer.
   * Without a token: as a client that has none. Where guests may come in, a token makes it one who is known.
   */
  open(target: Target, room: string, token?: string): Promise<TestClient>;
  /** Resolves once the server has let it into the room. */
  entered(client: TestClient): Promise<unknown>;

  /** Publishes these to the room, as a member or as a backend does. Resolves when the last is confirmed. */
  publish(server: TestServer, room: string, texts: readonly string[]): Promise<void>;
  /** How many characters one of them may have. */
  readonly longest: number;
  /** What every member then gets. */
  delivery(room: string, text: string): Frame;
  isDelivery(frame: Frame): boolean;

  /** The nth of some messages that a client may send again and again, each of which is answered. */
  say(n: number): unknown;
  /** Resolves to the next answer to one of them, be it an error. */
  answer(client: TestClient): Promise<Frame>;
  /** How many messages `open` sends that count for the same rate limit. */
  readonly opening: number;

  /** A frame of this kind, well formed; its content does not matter. */
  frameOf(kind: string): string;
  isError(frame: Frame): boolean;
  /** The errors of bad frames; the connection lives. */
  readonly bad: Readonly<Record<"notJson" | "tooDeep" | "binary" | "notAnEnvelope" | "unknownKind", Frame>>;
  /** Where a frame that is somewhat too long does not end the connection: its error. */
  readonly tooLong?: Frame;
  readonly refused: Readonly<Record<RefusedFor, Refused>>;

  /** A server on this clock, and a connection to it that never authenticates. */
  unauthenticated(clock: FakeClock): Promise<{ readonly server: TestServer; readonly client: TestClient }>;
  /** Milliseconds that it is given. */
  readonly authMs: number;
}

type RefusedFor =
  | "badToken"
  | "missingToken"
  /** The token does not open the room. */
  | "room"
  | "tooManyConnections"
  | "authTimeout"
  | "rate"
  | "expired"
  | "revoked"
  /** The server stops. */
  | "shutdown";
