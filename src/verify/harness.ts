import type { Stored } from "./check.ts";
import type { Faults } from "./faults.ts";
import type { Endpoint, SocketEvents } from "./json-socket.ts";
import type { Ledger } from "./ledger.ts";
import type { Random } from "./random.ts";
import type { Answer } from "./target.ts";
import type { Wire } from "./wire.ts";

/** What a run gives to the clients of a contract. */
export interface Harness {
  /** Part of every name, so that no two runs meet on one server. */
  readonly run: string;
  readonly random: Random;
  readonly ledger: Ledger;
  /** For each client that sends, this many more only listen and resume; a quarter by default. */
  readonly resuming?: number;
  /** Connections and requests of one client reach several servers. */
  readonly hasNodes?: boolean;
  /** Opens a connection. Resolves when it is open or has failed to open. */
  open(endpoint: Endpoint, events: SocketEvents): Promise<void>;
  /** Sends a backend's request. Undefined when no answer came: then the outcome is unknown. */
  ask(method: string, path: string, body?: unknown): Promise<Answer | undefined>;
  token(userId: string, rooms: readonly string[]): Promise<string>;
  pause(ms: number): Promise<void>;
  /** A flood has at least this many bytes. */
  readonly floodBytes: number;
  /** Counts something for the report. */
  count(what: string, by?: number): void;
  /** The server has refused a connection, a request or an item without need. */
  turnedAway?(what: string): void;
  /** A connection that faults can break; only with faults. */
  wire(): Promise<Wire | undefined>;
}

/** One client, or one backend, as the run drives it. */
export interface Actor {
  readonly userId: string;
  /** The rooms that it has access to. */
  readonly rooms: readonly string[];
  readonly wire?: Wire | undefined;
  /** Is in a room where it can send. */
  readonly isIn: boolean;
  /** All its items are answered. */
  readonly isDone: boolean;
  /** Reconnects if the connection is gone. Resolves when it is connected or has failed to connect. */
  connect(): Promise<void>;
  /** Sends a new item, if its outbox has room. Undefined for actors that only listen. */
  send?(): void;
  /** Sends so much at once that a peer that does not read exceeds its limit. */
  flood?(): void;
  /** Sends broken messages. */
  disturb?(): void;
  close(): void;
}

/** The clients of one contract, who keep its part of the ledger. */
export interface Workload {
  readonly actors: readonly Actor[];
  /** A backend changes a user's access to a room. */
  shuffle?(): Promise<void>;
  /** The stored items of its rooms, once nothing is in flight any more. Throws when they cannot be read. */
  stored(): Promise<Stored[]>;
  /** Checks of this contract, after the checks that all share. */
  check?(rooms: readonly Stored[], faults: Faults): void;
}

export interface Contract {
  readonly name: string;
  /** About this many clients. */
  workload(harness: Harness, clients: number): Promise<Workload>;
}

/** How many rooms this number of clients shares. */
export const roomsFor = (clients: number): number => Math.max(2, Math.ceil(clients / 6));
