import type { History, Row } from "../../core/history.ts";
import type { Host } from "./acks.ts";
import type { Combo } from "./combo.ts";
import { Kept } from "./kept.ts";
import type { Unranked } from "./pacing.ts";
import type { Count } from "./rank.ts";
import type { StoredStatus } from "./status.ts";

export const roomOf = (streamId: string): string => `stream:${streamId}`;

export interface Waiting {
  readonly gift: Unranked;
  /** Offset of the gift that it began with. */
  readonly since: number;
}

/** What the reducers keep of a stream. All of it is bounded, and lies in rows of the room's state. */
export class Stream {
  /** What the backend said last, the goal as far as gifts have brought it. */
  readonly status: Kept<StoredStatus>;
  /** By sender and type, the last gift first to be over. */
  readonly combos: Kept<Combo>;
  /** By type, what one was worth when a backend last said so. */
  readonly units: Kept<number>;
  /** By value, gifts that were shown. */
  readonly values: Kept<Count>;
  /** By sender and type, gifts that are stored and not yet shown, oldest first. */
  readonly waiting: Kept<Waiting>;
  /** When the last gifts were shown, as far as that counts for the pace. */
  readonly shown: Kept<readonly number[]>;
  /** By user and client, the one longest away first. */
  readonly hosts: Kept<Host>;
  /** How many gifts were shown: the number of the last. */
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

  /** What has changed since the last time. */
  rows(): Row[] {
    const { status, combos, units, values, waiting, shown, hosts } = this;
    return [status, combos, units, values, waiting, shown, hosts].flatMap((kept) => kept.rows());
  }
}
