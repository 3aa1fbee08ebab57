import type { TurnQueue } from "../log/turn.ts";
import type { Connection } from "../outbound/connection.ts";
import type { Completion } from "../outbound/delivery.ts";
import type { Rooms } from "../outbound/rooms.ts";
import type { Clock } from "../ports/clock.ts";
import type { History } from "../ports/history.ts";
import type { Joining } from "../protocol/context.ts";
import { allOf, kindOf } from "../protocol/room-name.ts";
import { MissedPages } from "./missed-pages.ts";
import { judge, type Verdict } from "./verdict.ts";

/** The next page waits while more unsent bytes than this are queued. */
const ENOUGH_UNSENT = 128 * 1_024;
const WAIT_MS = 10;
/** Connections that get a page in one turn of the event loop; the others wait for theirs in order. */
const STEPS_A_TURN = 64;

export interface Join {
  readonly connection: Connection;
  readonly room: string;
  /** The frames before the verdicts: the contract's greetings other than the history. */
  readonly greet: () => readonly string[];
  readonly joining: Joining;
  readonly completion: Completion;
}

interface Rest {
  readonly room: string;
  /** Told up to this offset. */
  readonly after: number;
}

/**
 * Joins rooms for connections that resume them: a verdict, then every missed event in order, page by page behind
 * backpressure, and in the place where nothing is left the live events. So nothing is missed and nothing comes twice.
 */
export class Resumption {
  readonly #pages: MissedPages;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly turns: TurnQueue,
    private readonly rooms: Rooms,
    private readonly history: History,
    /** Events that may be told again in one room; 0 is no limit. */
    private readonly limit: number,
  ) {
    this.#pages = new MissedPages(history, clock);
  }

  /** False when the connection has asked for nothing that this join brings: then it is an ordinary join. */
  join(join: Join): boolean {
    const { connection, joining, room } = join;
    if (!connection.resume || joining.muted) return false;
    const asked = [...connection.resume].filter(([name]) => name === room || room === allOf(kindOf(name)));
    if (asked.length === 0) return false;
    connection.catchingUp ??= new Map();
    for (const [name] of asked) {
      connection.resume.delete(name);
      connection.catchingUp.set(name, new Set());
    }
    connection.catchingUp.set(room, connection.catchingUp.get(room) ?? new Set());
    const takeBack = () => {
      for (const [name, after] of asked) connection.resume?.set(name, after);
      this.#end(connection, [room, ...asked.map(([name]) => name)]);
      joining.failed?.();
    };
    this.#step(
      join,
      asked.map(([name, after]) => ({ room: name, after })),
      takeBack,
    );
    return true;
  }

  /** A commit failed, so pages that were read within its transaction are wrong. */
  forget(): void {
    this.#pages.forget();
  }

  verdict(connection: Connection, verdict: Verdict): string {
    return connection.protocol.envelope("resumed", JSON.stringify(verdict), { time: this.clock.now() });
  }

  /** `first`: takes back the whole join when its commit fails. */
  #step(join: Join, rest: readonly Rest[], first?: () => void): void {
    const { connection, room, joining } = join;
    let frames: string[] = [];
    let left: Rest[] = [];
    const isCancelled = () => !connection.open || !connection.catchingUp?.has(room);
    const snapshot = () => {
      frames = [];
      left = [];
      if (isCancelled()) return;
      this.turns.settle(room);
      const reached = first ? this.#begin(join, rest, frames) : rest;
      for (const one of reached) {
        const after = this.#tell(connection, one, frames);
        if (after !== undefined) left.push({ room: one.room, after });
      }
    };
    const effect = () => {
      if (isCancelled()) return;
      if (left.length === 0) {
        this.#end(connection, [room, ...rest.map((one) => one.room)]);
        if (!joining.unless?.()) this.rooms.join(connection, room, joining.muted);
      }
      for (const frame of frames) connection.send(frame);
      if (left.length > 0) this.#wait(() => this.#step(join, left), connection);
    };
    // A join that no message asked for takes effect also when the commit fails.
    const isAsked = join.completion.message !== undefined;
    const completion = first ? { ...join.completion, ...(isAsked && { refused: first }) } : {};
    this.turns.after(effect, completion, snapshot);
  }

  /** Adds the greeting and the verdicts; returns the rooms and offsets whose events are still to be sent. */
  #begin({ connection, greet, joining }: Join, asked: readonly Rest[], frames: string[]): Rest[] {
    frames.push(...greet());
    const limit = joining.contained ? 0 : this.limit;
    const verdicts = asked.map(({ room, after }) => judge(this.history, room, after, limit));
    for (const verdict of verdicts) frames.push(this.verdict(connection, verdict));
    const isWhole = verdicts.every(({ reason }) => reason !== "ahead" && reason !== "too_many");
    if (!isWhole) frames.push(...(joining.usual?.() ?? []));
    return verdicts.map(({ room, after, until }) => ({ room, after: joining.contained ? until : after }));
  }

  /** Adds a page; returns up to where it goes, or undefined when nothing is left. */
  #tell(connection: Connection, { room, after }: Rest, frames: string[]): number | undefined {
    const last = this.history.last(room)?.offset ?? 0;
    if (after >= last) return undefined;
    const page = this.#pages.take(connection.protocol, room, after, last);
    if (!page) return after;
    const confirmed = connection.catchingUp?.get(room);
    for (const { event, frame } of page.frames) if (!confirmed?.has(event.offset)) frames.push(frame);
    return page.until < last ? page.until : undefined;
  }

  #end({ catchingUp }: Connection, rooms: readonly string[]): void {
    for (const room of rooms) catchingUp?.delete(room);
  }

  #wait(step: () => void, connection: Connection): void {
    if (connection.unsent() > ENOUGH_UNSENT) {
      this.clock.after(WAIT_MS, () => connection.open && this.#wait(step, connection));
    } else if (this.#waiting.push(step) === 1) setImmediate(this.#next);
  }

  readonly #next = (): void => {
    for (const step of this.#waiting.splice(0, STEPS_A_TURN)) step();
    if (this.#waiting.length > 0) setImmediate(this.#next);
  };
}
