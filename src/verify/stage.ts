import type { Stored } from "./check.ts";
import type { Faults } from "./faults.ts";
import type { Ledger } from "./ledger.ts";
import type { LineEvents, Way } from "./line.ts";
import type { Random } from "./random.ts";
import type { Answer } from "./target.ts";
import type { Wire } from "./wire.ts";

/** What a contract's clients are given. */
export interface Stage {
  /** Part of every name, so that no two runs meet on one server. */
  readonly run: string;
  readonly random: Random;
  readonly ledger: Ledger;
  /** Opens a connection; resolves when it is open, or will not be. */
  open(way: Way, events: LineEvents): Promise<void>;
  /** A backend's request. Undefined when no answer came: then nobody knows what became of it. */
  ask(method: string, path: string, body?: unknown): Promise<Answer | undefined>;
  token(userId: string, rooms: readonly string[]): Promise<string>;
  pause(ms: number): Promise<void>;
  /** Bytes that a flood has at least. */
  readonly floodBytes: number;
  /** Counts what the report tells of. */
  count(what: string, by?: number): void;
  /** A wire that can go bad, where there is chaos. */
  wire(): Promise<Wire | undefined>;
}

/** One client, or one backend, as the run drives it. */
export interface Actor {
  readonly userId: string;
  /** The rooms that it is for. */
  readonly rooms: readonly string[];
  readonly wire?: Wire | undefined;
  /** Has somewhere to say something. */
  readonly isIn: boolean;
  /** All that it said is answered. */
  readonly isDone: boolean;
  /** Comes back if it is gone; resolves when it is connected, or could not be. */
  connect(): Promise<void>;
  /** Says something new, if it has room for it. Undefined for those who only listen. */
  speak?(): void;
  /** Says so much at once that whoever does not read it is over the limit. */
  flood?(): void;
  /** Sends what no client should. */
  disturb?(): void;
  close(): void;
}

/** The clients of one contract, who keep its part of the ledger. */
export interface Cast {
  readonly actors: readonly Actor[];
  /** A backend changes somebody's mind on who may be where. */
  shuffle?(): Promise<void>;
  /** What its rooms hold, once all has come to rest; throws when it cannot be read. */
  stored(): Promise<Stored[]>;
  /** Checks of its own, after those that all share. */
  check?(rooms: readonly Stored[], faults: Faults): void;
}

export interface Contract {
  readonly name: string;
  /** So many clients, more or less. */
  cast(stage: Stage, clients: number): Promise<Cast>;
}

/** How many rooms so many clients share. */
export const roomsFor = (clients: number): number => Math.max(2, Math.ceil(clients / 6));
