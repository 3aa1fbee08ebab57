import type { TurnQueue } from "../log/turn-queue.ts";
import type { Connection } from "../outbound/connection.ts";
import type { Completion } from "../outbound/delivery.ts";
import type { Rooms } from "../outbound/rooms.ts";
import type { Clock } from "../ports/clock.ts";
import type { History, Span } from "../ports/history.ts";
import type { Store } from "../ports/store.ts";
import type { Joining } from "../protocol/context.ts";
import { allOf, kindOf } from "../protocol/room-name.ts";
import { type MissedFrame, MissedPages } from "./missed-pages.ts";
import { PageQueue } from "./page-queue.ts";
import { ResumeFrames } from "./resume-frames.ts";
import { judge, lost, type Verdict } from "./verdict.ts";

/** Unsent bytes while which the next page waits; fewer, where a peer may leave less unread. */
const ENOUGH_UNSENT = 128 * 1_024;
/** What could not be read is read again after this time. */
const RETRY_MS = 1_000;

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
  /** Told up to this offset, once nothing is owed. */
  readonly after: number;
  /** Offsets up to there that the room owes to its user, still to be told. */
  readonly owed: readonly number[];
  /** The client has heard everything up to this offset. */
  readonly since: number;
  /** The client has asked for it, so it has a verdict. */
  readonly isAsked: boolean;
}

interface Told {
  readonly frames: readonly MissedFrame[];
  readonly left: readonly Rest[];
  readonly isLast: boolean;
  readonly isPaged: boolean;
}

/** Events that may be told again in one room, and bytes that a peer may leave unread; 0 events are no limit. */
export interface ResumeLimits {
  readonly resumedEvents: number;
  readonly bufferedBytes: number;
}

const NONE: readonly never[] = [];

/**
 * Joins rooms for connections that resume them, and rooms that owe a backlog to their user: a verdict, then every missed
 * event in order, page by page behind backpressure, and in the place where nothing is left the live events. So nothing
 * is missed and nothing comes twice.
 */
export class Resumption {
  readonly frames: ResumeFrames;
  readonly #pages: MissedPages;
  readonly #queue: PageQueue;
  /** A page for them is read and not sent yet. They get one at a time, however many rooms they resume. */
  readonly #paged = new Set<Connection>();

  constructor(
    private readonly clock: Clock,
    private readonly turns: TurnQueue,
    private readonly rooms: Rooms,
    private readonly history: History & Pick<Store, "position">,
    private readonly limits: ResumeLimits,
    /** Where there are other nodes: resolves when everything is applied that they have applied by now. */
    private readonly caughtUp: () => Promise<void> | undefined = () => undefined,
  ) {
    const enough = Math.min(ENOUGH_UNSENT, Math.floor(limits.bufferedBytes / 4));
    this.#queue = new PageQueue(clock, enough);
    this.frames = new ResumeFrames(history, clock);
    this.#pages = new MissedPages(history, clock, enough);
  }

  /** False when this join brings nothing that the connection has asked for, and owes nothing: it is an ordinary join. */
  join(join: Join): boolean {
    const { connection, joining, room } = join;
    const asked = [...(connection.resume ?? NONE)].filter(
      ([name]) => name === room || room === allOf(kindOf(name)),
    );
    if (asked.length === 0 && !joining.owed) return false;
    connection.catchingUp ??= new Map();
    for (const [name] of asked) {
      connection.resume?.delete(name);
      connection.catchingUp.set(name, new Set());
    }
    connection.catchingUp.set(room, connection.catchingUp.get(room) ?? new Set());
    const takeBack = () => {
      for (const [name, number] of asked) connection.resume?.set(name, number);
      this.#end(connection, [room, ...asked.map(([name]) => name)]);
      joining.failed?.();
    };
    const rest = asked.map(([name, number]) => {
      const after = this.frames.offsetOf(name, number);
      return { room: name, after, since: after, owed: NONE, isAsked: true };
    });
    const isAhead = rest.some(({ room, after }) => after > this.history.span(room).last);
    // The client may come from a node that has applied more than this one.
    const caughtUp = isAhead ? this.caughtUp() : undefined;
    if (!caughtUp) this.#step(join, rest, takeBack);
    else {
      const own = connection.catchingUp.get(room);
      void caughtUp.then(() => {
        if (connection.open && connection.catchingUp?.get(room) === own) this.#step(join, rest, takeBack);
      });
    }
    return true;
  }

  /** The room's missed events are being told: it is joined after them. */
  isCatchingUp({ catchingUp }: Connection, room: string): boolean {
    return catchingUp !== undefined && (catchingUp.has(room) || catchingUp.has(allOf(kindOf(room))));
  }

  /** The offset after which the connection has asked to resume the room, while it has not joined it. */
  asked({ resume }: Connection, room: string): number | undefined {
    const number = resume?.get(room);
    return number === undefined ? undefined : this.frames.offsetOf(room, number);
  }

  /** What was read may not be told any more: its commit has failed, or a message was taken back. */
  forget(): void {
    this.#pages.forget();
  }

  /** `first`: takes back the whole join when its commit fails. */
  #step(join: Join, rest: readonly Rest[], first?: () => void): void {
    const { connection, room } = join;
    let told: Told | undefined;
    const isCancelled = () => !connection.open || !connection.catchingUp?.has(room);
    const release = () => told?.isPaged && this.#paged.delete(connection);
    const snapshot = () => {
      release();
      told = undefined;
      if (isCancelled()) return;
      this.turns.settle(room);
      told = this.#tell(join, rest, first !== undefined);
      if (told.isPaged) this.#paged.add(connection);
    };
    const effect = () => {
      release();
      if (isCancelled()) return;
      if (!told) {
        this.clock.after(RETRY_MS, () => isCancelled() || this.#step(join, rest, first));
        return;
      }
      // It has what it was confirmed meanwhile.
      const confirmed = ({ event }: MissedFrame) =>
        event && connection.catchingUp?.get(event.room)?.has(event.offset);
      const frames = told.frames.filter((one) => !confirmed(one));
      if (told.isLast) {
        this.#end(connection, [room, ...rest.map((one) => one.room)]);
        this.rooms.join(connection, room, join.joining.muted);
      }
      for (const { frame } of frames) connection.send(frame);
      const { left } = told;
      if (!told.isLast) this.#queue.add(connection, () => this.#step(join, left));
    };
    const refused = () => {
      release();
      first?.();
    };
    // A join that no message asked for takes effect also when the commit fails.
    const isAsked = first && join.completion.message !== undefined;
    const completion = first ? { ...join.completion, ...(isAsked && { refused }) } : {};
    this.turns.after(effect, completion, snapshot);
  }

  /** What is told next: the beginning, and one page of the first room that has more to tell. */
  #tell(join: Join, rest: readonly Rest[], isFirst: boolean): Told {
    const { connection, joining } = join;
    const frames: MissedFrame[] = [];
    const reached = isFirst ? this.#begin(join, rest, frames) : rest;
    const spans = reached.map(({ room }) => this.history.span(room));
    const left = reached.map((one, at) => this.#unlost(connection, one, spans[at]!, frames));
    const isTold = ({ after, owed }: Rest, at: number) => owed.length === 0 && after >= spans[at]!.last;
    const at = this.#paged.has(connection) ? -1 : left.findIndex((one, at) => !isTold(one, at));
    const next = at < 0 ? undefined : this.#page(join, left[at]!, spans[at]!.last, frames);
    if (next) left[at] = next;
    const isLast = left.every(isTold);
    if (isLast) {
      for (const { since } of left)
        for (const frame of joining.changed?.(since) ?? NONE) frames.push({ frame });
      const isPlaced = left.some(({ room, isAsked }) => isAsked && room === join.room);
      for (const frame of isPlaced ? NONE : this.frames.placed(join)) frames.push({ frame });
    }
    return { frames, left, isLast, isPaged: next !== undefined };
  }

  /** Adds the greeting and the verdicts; returns the rooms and offsets whose events are still to be sent. */
  #begin(
    { connection, greet, joining, room: joined }: Join,
    asked: readonly Rest[],
    frames: MissedFrame[],
  ): Rest[] {
    for (const frame of greet()) frames.push({ frame });
    const owed = joining.owed?.all() ?? NONE;
    if (asked.length === 0) {
      const { last } = this.history.span(joined);
      return [{ room: joined, after: last, since: last, owed, isAsked: false }];
    }
    const isTold = joining.contained || joining.muted;
    const limit = isTold ? 0 : this.limits.resumedEvents;
    const verdicts = asked.map(({ room, after }) => judge(this.history, room, after, limit));
    for (const verdict of verdicts) frames.push({ frame: this.frames.verdict(connection, verdict) });
    const isUsual = ({ reason }: Verdict) => reason === "ahead" || reason === "too_many";
    if (verdicts.some(isUsual)) for (const frame of joining.usual?.() ?? NONE) frames.push({ frame });
    return verdicts.map((verdict) => ({
      room: verdict.room,
      after: isTold ? verdict.until : verdict.after,
      since: verdict.after,
      owed: isUsual(verdict) ? owed : NONE,
      isAsked: true,
    }));
  }

  /** While it was told, its rest may have been removed: then another verdict says so. */
  #unlost(connection: Connection, rest: Rest, span: Span, frames: MissedFrame[]): Rest {
    const verdict = lost(rest.room, rest.after, span);
    if (!verdict) return rest;
    if (rest.isAsked) frames.push({ frame: this.frames.verdict(connection, verdict) });
    return { ...rest, after: verdict.after };
  }

  /** Adds a page; undefined when this turn has sent enough. */
  #page({ connection, joining }: Join, rest: Rest, last: number, frames: MissedFrame[]): Rest | undefined {
    const { room, after, owed } = rest;
    if (joining.owed && owed.length > 0) {
      const page = this.#pages.takeOwed(connection, room, owed, joining.owed.has);
      frames.push(...(page?.frames ?? NONE));
      return page && { ...rest, owed: owed.slice(page.done) };
    }
    const page = this.#pages.take(connection, room, after, last);
    frames.push(...(page?.frames ?? NONE));
    return page && { ...rest, after: page.until };
  }

  #end({ catchingUp }: Connection, rooms: readonly string[]): void {
    for (const room of rooms) catchingUp?.delete(room);
  }
}
