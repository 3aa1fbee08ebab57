import type { Stored } from "./check.ts";
import type { Faults } from "./faults.ts";
import type { Ledger } from "./ledger.ts";
import type { LineEvents, Way } from "./line.ts";
import type { Random } from "./random.ts";
import type { Answer } from "./target.ts";
import type { Wire } from "./wire.ts";

/** What a contract's clients get from the run. */
export interface Stage {
  /** Part of every name, so that no two runs meet on one server. */
  readonly run: string;
  readonly random: Random;
  readonly ledger: Ledger;
  /** For each client that speaks, this many more only listen and resume; a quarter when it is not said. */
  readonly resuming?: number;
  /** Connections and requests of one client reach several servers. */
  readonly hasNodes?: boolean;
  /** Opens a connection. Resolves when it is open or has failed to open. */
  open(way: Way, events: LineEvents): Promise<void>;
  /** Sends a backend's request. Undefined when no answer came: then the outcome is unknown. */
  ask(method: string, path: string, body?: unknown): Promise<Answer | undefined>;
  token(userId: string, rooms: readonly string[]): Promise<string>;
  pause(ms: number): Promise<void>;
  /** Least number of bytes of a flood. */
  readonly floodBytes: number;
  /** Counts something for the report. */
  count(what: string, by?: number): void;
  /** The server has refused what it need not: a connection, a request, or an item. */
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
  /** Is in a room where it can speak. */
  readonly isIn: boolean;
  /** Everything that it said is answered. */
  readonly isDone: boolean;
  /** Reconnects if the connection is gone. Resolves when it is connected or has failed to connect. */
  connect(): Promise<void>;
  /** Says something new, if its outbox has room. Undefined for actors that only listen. */
  speak?(): void;
  /** Says so much at once that a peer that does not read exceeds its limit. */
  flood?(): void;
  /** Sends broken messages. */
  disturb?(): void;
  close(): void;
}

/** The clients of one contract, who keep its part of the ledger. */
export interface Cast {
  readonly actors: readonly Actor[];
  /** A backend changes a user's access to a room. */
  shuffle?(): Promise<void>;
  /** The stored items of its rooms, once nothing moves any more. Throws when they cannot be read. */
  stored(): Promise<Stored[]>;
  /** Checks of this contract, after the checks that all share. */
  check?(rooms: readonly Stored[], faults: Faults): void;
}

export interface Contract {
  readonly name: string;
  /** About this many clients. */
  cast(stage: Stage, clients: number): Promise<Cast>;
}

/** How many rooms this number of clients shares. */
export const roomsFor = (clients: number): number => Math.max(2, Math.ceil(clients / 6));
