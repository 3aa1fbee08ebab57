import type { History } from "../../core/ports/history.ts";
import type { Row } from "../../core/ports/store.ts";
import type { Host } from "./acks.ts";
import type { Combo } from "./combo.ts";
import { Kept } from "./kept.ts";
import type { Unranked } from "./pacing.ts";
import type { Count } from "./rank.ts";
import type { StoredStatus } from "./status.ts";

export const roomOf = (streamId: string): string => `stream:${streamId}`;

export interface Waiting {
  readonly gift: Unranked;
  /** Offset of the first gift that was merged into it. */
  readonly since: number;
}

/** The state of a stream. All of it is bounded and stored in rows of the room's state. */
export class Stream {
  /** The last status that a backend posted, with the goal as far as gifts have advanced it. */
  readonly status: Kept<StoredStatus>;
  /** By sender and type, the combo that ends first comes first. */
  readonly combos: Kept<Combo>;
  /** By type, the unit value that a backend last gave. */
  readonly units: Kept<number>;
  /** How many gifts were shown, by value. */
  readonly values: Kept<Count>;
  /** By sender and type, gifts that are stored but not yet shown, oldest first. */
  readonly waiting: Kept<Waiting>;
  /** When the last gifts were shown, as far as that counts for the pace. */
  readonly shown: Kept<readonly number[]>;
  /** By user and client, the host that has been away longest comes first. */
  readonly hosts: Kept<Host>;
  /** How many gifts were shown, which is the number of the last one. */
  delivered: number;

  constructor(room: string, history: History) {
    const rows = history.state(room);
    this.status = new Kept("status", rows);
    this.combos = new Kept("combo", rows, ({ time }) => time);
    this.units = new Kept("unit", rows);
    this.values = new Kept("value", rows);
    this.waiting = new Kept("waiting", rows, ({ since }) => since);
    this.shown = new Kept("shown", rows);
    this.hosts = new Kept("host", rows, ({ cameAt }) => cameAt);
    this.delivered = history.summary(room).count;
  }

  /** Rows of everything that has changed since the last call. */
  rows(): Row[] {
    const { status, combos, units, values, waiting, shown, hosts } = this;
    return [status, combos, units, values, waiting, shown, hosts].flatMap((kept) => kept.rows());
  }
}
