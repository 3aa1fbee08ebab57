import type { History } from "../../core/ports/history.ts";
import type { Row } from "../../core/ports/store.ts";
import { type Combo, orderOf } from "./combo.ts";
import type { Unranked } from "./pacing.ts";
import type { Count } from "./rank.ts";
import type { Status } from "./schema.ts";
import { StoredMap } from "./stored-map.ts";

export const roomOf = (streamId: string): string => `stream:${streamId}`;

export interface Waiting {
  readonly gift: Unranked;
  /** Offset of the first gift that was merged into it. */
  readonly since: number;
}

/** The gifts that a host has acknowledged, by their numbers in the stream. */
export interface Host {
  /** Every gift up to this number is acknowledged, or too old to be sent again. */
  readonly upTo: number;
  /** Acknowledged numbers beyond `upTo`. */
  readonly beyond: readonly number[];
  /**
   * Orders hosts by when they last connected: a larger number connected later. It is a count, not a time, because
   * times come from the clocks of several machines. Rows of earlier versions hold a time, and counting goes on from it.
   */
  readonly cameAt: number;
}

/** The status without the viewers, who are counted where they are connected. */
export type StoredStatus = Omit<Status, "viewerCount">;

/** The state of a stream. All of it is bounded and stored in rows of the room's state. */
export class Stream {
  /** The last status that a backend posted, with the goal as far as gifts have advanced it. */
  readonly status: StoredMap<StoredStatus>;
  /** By sender and type, the combo whose last gift is the oldest comes first. */
  readonly combos: StoredMap<Combo>;
  /** By type, the unit value that a backend last gave. */
  readonly units: StoredMap<number>;
  /** How many gifts were shown, by value. */
  readonly values: StoredMap<Count>;
  /** By sender and type, gifts that are stored but not yet shown, oldest first. */
  readonly waiting: StoredMap<Waiting>;
  /** When the last gifts were shown, as far as that counts for the pace. */
  readonly shown: StoredMap<readonly number[]>;
  /** By user and client, the host that has been away longest comes first. */
  readonly hosts: StoredMap<Host>;
  /** How many gifts were shown, which is the number of the last one. */
  delivered: number;

  constructor(room: string, history: History) {
    const rows = history.state(room);
    this.status = new StoredMap("status", rows);
    this.combos = new StoredMap("combo", rows, orderOf);
    this.units = new StoredMap("unit", rows);
    this.values = new StoredMap("value", rows);
    this.waiting = new StoredMap("waiting", rows, ({ since }) => since);
    this.shown = new StoredMap("shown", rows);
    this.hosts = new StoredMap("host", rows, ({ cameAt }) => cameAt);
    this.delivered = history.summary(room).count;
  }

  /** Rows of everything that has changed since the last call. */
  rows(): Row[] {
    const { status, combos, units, values, waiting, shown, hosts } = this;
    return [status, combos, units, values, waiting, shown, hosts].flatMap((map) => map.rows());
  }
}
