import type { StoredEvent } from "../ports/history.ts";
import type { ClientIdRow, NewEvent, Store, TrimmedEvent } from "../ports/store.ts";
import type { Entry } from "../protocol/entry.ts";
import type { Decision, EventDraft, Outcome, Place, Reducers } from "../protocol/reducer.ts";
import { Refusal } from "../protocol/refusal.ts";
import { DedupMemory } from "./dedup-memory.ts";
import { DedupWindow, WINDOW_MESSAGES, WINDOW_MS } from "./dedup-window.ts";
import { type CachedRoom, RoomCache } from "./room-cache.ts";

const NONE: readonly never[] = [];

/**
 * Applies entries in log order. Deterministic: what it decides depends on the entries before and on
 * nothing else, so every node has the same result. Call it inside the store's transaction, and `forget`
 * when that was rolled back.
 */
export class Applier {
  readonly #rooms: RoomCache;

  constructor(
    private readonly store: Store,
    private readonly reducersOf: (protocol: string) => Reducers,
    private readonly report: (error: unknown, entry: Entry) => void,
    /** Somebody is in the room. It decides no more than what stays in memory. */
    isOccupied: (room: string) => boolean = () => false,
    private readonly dedup = new DedupMemory(),
    /** What was stored says something else from now on: a message was taken back. */
    private readonly rewritten: () => void = () => {},
    /** Keys of a room's state that go with an event when retention removes it. */
    private readonly stateOf: (event: TrimmedEvent) => readonly string[] = () => NONE,
  ) {
    this.#rooms = new RoomCache((name) => store.head(name), isOccupied);
  }

  apply(position: number, entry: Entry): Outcome {
    const room = this.#rooms.get(entry.room);
    const { clientId } = entry;
    const hash = clientId === null ? 0 : this.dedup.hash(entry.sender, clientId);
    const stored = clientId === null ? undefined : this.#repeated(room, entry, hash);
    if (stored) return this.#repetition(entry, stored);
    let decision: Decision;
    try {
      decision = this.#decide(room, entry);
    } catch (error) {
      if (error instanceof Refusal) return { is: "refused", refusal: error };
      this.report(error, entry);
      return { is: "refused", refusal: new Refusal("internal") };
    }
    const { events = NONE, publish, confirm, restore, rows = NONE } = decision;
    const named = events.length === 0 ? undefined : this.#named(entry.room, events);
    if (named) {
      room.own = undefined; // The reducer may have changed it.
      return this.#repetition(entry, named);
    }
    const added: NewEvent[] = [];
    for (const made of events) added.push(this.#add(room, position, entry, made));
    const last = added.at(-1);
    if (last && clientId !== null) this.#window(room, entry.room).add(hash, last.offset, last.time);
    for (const row of rows) {
      if (row.table === "log") {
        this.#trim(row.trim);
        continue;
      }
      this.store.write(entry.room, row);
      // What the protocol keeps of the room may tell of the event: it is read again, as on a node that has just started.
      if (row.table === "events") {
        this.#rooms.restoreAgain(row.room);
        this.rewritten();
      }
      if (row.table === "rooms" && "remove" in row) this.#rooms.drop(entry.room);
    }
    if (restore) this.#rooms.restoreAgain(entry.room);
    return { is: "applied", events: added, publish, confirm };
  }

  /** What a protocol keeps of a room may tell of its events: it is read again, as on a node that has just started. */
  #trim(upTo: number): void {
    for (const name of this.store.trim(upTo, this.stateOf)) this.#rooms.restoreAgain(name);
  }

  /** Nobody is in this room: what the protocol keeps of it may go from memory. */
  idle(room: string): void {
    this.#rooms.idle(room);
  }

  /** Call it from time to time: it drops the ids of rooms without an entry since the last call but one. */
  sweep(): void {
    this.#rooms.sweep();
  }

  /** Drops what is kept in memory; the store says how things stand. */
  forget(): void {
    this.#rooms.forget();
  }

  /** What the protocol keeps of a room, as of the last commit. */
  state(protocol: string, room: string): unknown {
    return this.#own(this.#rooms.get(room), room, this.reducersOf(protocol));
  }

  /** The same id again: a repeat only when kind and content are the same too. */
  #repetition(entry: Entry, event: StoredEvent): Outcome {
    const reducers = this.reducersOf(entry.protocol);
    // What a redacted message said is not known any more, so it cannot be compared.
    const isRepeat = reducers.isRedacted?.(event) || (reducers.isRepeat?.(entry, event) ?? true);
    return isRepeat ? { is: "repeated", event } : { is: "refused", refusal: new Refusal("conflict") };
  }

  #decide(room: CachedRoom, entry: Entry): Decision {
    const reducers = this.reducersOf(entry.protocol);
    const reducer = reducers.reducerOf(entry.kind);
    if (!reducer) throw new Error(`no apply for ${entry.protocol} ${entry.kind}`);
    const state = this.#own(room, entry.room, reducers);
    const place: Place = { offset: room.offset + 1, history: this.store, state };
    return reducer(entry as Entry<never>, place as Place<never>);
  }

  #own(room: CachedRoom, name: string, { restore }: Reducers): unknown {
    // The core's own entries fall into the rooms of a protocol too, and keep nothing.
    if (!restore) return undefined;
    room.own ??= { state: restore(name, this.store) };
    return room.own.state;
  }

  #add(room: CachedRoom, position: number, entry: Entry, made: EventDraft): NewEvent {
    const event: NewEvent = {
      position,
      room: entry.room,
      offset: room.offset + 1,
      count: room.count + (made.counted ? 1 : 0),
      kind: made.kind,
      sender: entry.sender,
      clientId: entry.clientId,
      time: made.time ?? entry.time,
      entry: entry.id,
      externalId: made.externalId ?? null,
      silent: made.silent ?? false,
      body: JSON.stringify(made.data),
    };
    this.store.add(event);
    room.offset = event.offset;
    room.count = event.count;
    return event;
  }

  #repeated(room: CachedRoom, entry: Entry, hash: number): StoredEvent | undefined {
    for (const offset of this.#window(room, entry.room).find(hash)) {
      const stored = this.store.at(entry.room, offset);
      if (stored?.sender !== entry.sender || stored.clientId !== entry.clientId) continue;
      // Memory may hold more than the window; what it happens to hold must not decide.
      const known = room.offset - stored.offset < WINDOW_MESSAGES || entry.time - stored.time < WINDOW_MS;
      return known ? stored : undefined;
    }
    return undefined;
  }

  /** What the room already has under the id that an event is to be found by: storing it again would fail the whole turn. */
  #named(room: string, events: readonly EventDraft[]): StoredEvent | undefined {
    for (const { externalId } of events) {
      const stored = externalId === undefined ? undefined : this.store.byExternalId(room, externalId);
      if (stored) return stored;
    }
    return undefined;
  }

  /** The window, rebuilt from the log when the room was not in memory; a page at a time, since it may be long. */
  #window(room: CachedRoom, name: string): DedupWindow {
    if (room.repeats) return room.repeats;
    const end = room.offset + 1;
    const newest = this.store.clientIds(name, end, WINDOW_MESSAGES);
    let from = end - WINDOW_MESSAGES;
    let oldest = newest.at(-1);
    while (oldest && from > 1 && newest[0]!.time - oldest.time <= WINDOW_MS + this.dedup.lateMs) {
      from -= WINDOW_MESSAGES;
      oldest = this.store.clientIds(name, from + 1, 1)[0];
    }
    const window = new DedupWindow(this.dedup);
    room.repeats = window;
    for (; from < end - WINDOW_MESSAGES; from += WINDOW_MESSAGES) {
      this.#fill(window, this.store.clientIds(name, from + WINDOW_MESSAGES, WINDOW_MESSAGES));
    }
    this.#fill(window, newest);
    return window;
  }

  #fill(window: DedupWindow, newestFirst: readonly ClientIdRow[]): void {
    for (const { sender, clientId, offset, time } of newestFirst.toReversed()) {
      if (clientId !== null) window.add(this.dedup.hash(sender, clientId), offset, time);
    }
  }
}
