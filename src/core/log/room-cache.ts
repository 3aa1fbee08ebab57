import type { Head } from "../ports/store.ts";
import type { DedupWindow } from "./dedup-window.ts";

export interface CachedRoom {
  offset: number;
  count: number;
  /** When it was used last, counted in uses of all rooms. */
  used: number;
  repeats: DedupWindow | undefined;
  /** What the protocol keeps of it. */
  own: { readonly state: unknown } | undefined;
}

/** How many rooms are kept ready; one more is read from the store again when it is needed. */
const ROOMS_IN_MEMORY = 20_000;
/** The number of empty rooms whose protocol state stays in memory. */
const IDLE_IN_MEMORY = 64;

/** The state of rooms in use that applying needs, in memory. Other rooms are read from the store. */
export class RoomCache {
  readonly #rooms = new Map<string, CachedRoom>();
  #uses = 0;
  /** What `#uses` was at the last sweep. */
  #swept = 0;
  /** Rooms that nobody was in when they were last used, the longest ago first. */
  readonly #idle = new Set<string>();

  constructor(
    private readonly head: (name: string) => Head,
    private readonly isOccupied: (name: string) => boolean,
  ) {}

  get(name: string): CachedRoom {
    const known = this.#rooms.get(name);
    if (known) {
      known.used = ++this.#uses;
      return known;
    }
    if (this.#rooms.size >= ROOMS_IN_MEMORY) this.#evict();
    const room: CachedRoom = {
      ...this.head(name),
      used: ++this.#uses,
      repeats: undefined,
      own: undefined,
    };
    this.#rooms.set(name, room);
    return room;
  }

  /** What the protocol keeps of the room is restored from the store before it is used again. */
  restoreAgain(name: string): void {
    const room = this.#rooms.get(name);
    if (room) room.own = undefined;
  }

  /** Nobody is in this room: what the protocol keeps of it goes from memory, when enough others have become so too. */
  idle(name: string): void {
    if (!this.#rooms.get(name)?.own) return;
    this.#idle.delete(name);
    this.#idle.add(name);
    if (this.#idle.size <= IDLE_IN_MEMORY) return;
    const [longest = name] = this.#idle;
    this.#idle.delete(longest);
    if (!this.isOccupied(longest)) this.restoreAgain(longest);
  }

  /** Call it from time to time: it drops the ids of rooms without an entry since the last call but one. */
  sweep(): void {
    for (const room of this.#rooms.values()) if (room.used <= this.#swept) dropWindow(room);
    this.#swept = this.#uses;
  }

  drop(name: string): void {
    const room = this.#rooms.get(name);
    if (room) dropWindow(room);
    this.#rooms.delete(name);
  }

  /** Drops all of them. */
  forget(): void {
    for (const name of this.#rooms.keys()) this.drop(name);
  }

  /** Half of the rooms go: those that were used longest ago, and occupied ones only when no others are left. */
  #evict(): void {
    const byUse = [...this.#rooms].sort(([, one], [, other]) => one.used - other.used);
    const goes = (isLast: boolean) => {
      for (const [name] of byUse) {
        if (this.#rooms.size <= ROOMS_IN_MEMORY / 2) return;
        if (this.isOccupied(name) === isLast) this.drop(name);
      }
    };
    goes(false);
    goes(true);
  }
}

function dropWindow(room: CachedRoom): void {
  room.repeats?.drop();
  room.repeats = undefined;
}
