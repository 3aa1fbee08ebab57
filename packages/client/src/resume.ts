import type { Clock } from "./clock.ts";
import type { ConnectionEvent } from "./connection.ts";
import { inTime } from "./in-time.ts";
import type { ClientOptions } from "./options.ts";
import type { Address } from "./socket.ts";

/** The server's verdict about a room that was resumed (docs/resume.md). */
export interface Resumed {
  readonly room: string;
  /** The client has all events up to this offset. */
  readonly after: number;
  readonly until: number;
  readonly complete: boolean;
  readonly reason?: string;
}

/** Where a room is that was joined without being resumed. */
interface Placed {
  readonly offset?: number;
}

/** The server takes no more. */
const MAX_ROOMS = 100;
/** Characters; the server takes 8 KiB. */
const MAX_LENGTH = 8_000;

/** What a connection that asks for offsets hears besides the contract. */
export interface Numbered {
  readonly type?: string;
  readonly event?: string;
  readonly room?: string;
  readonly offset?: number;
  readonly after?: number;
  readonly data?: object;
  readonly payload?: object;
}

/** By room, the offset of the last event that was heard, in the store too, where it keeps them. Heard last comes last. */
export class Offsets extends Map<string, number> {
  #owner = "";
  /** Done once what the store has of this owner is here. */
  #loaded: Promise<void> | undefined;

  constructor(
    private readonly options: ClientOptions,
    private readonly clock: Clock,
    private readonly tell: (verdict: ConnectionEvent["data"]) => void,
  ) {
    super();
  }

  /** The address that asks for what this owner has missed. */
  async asked(address: Address, owner = ""): Promise<Address> {
    const { resume, store } = this.options;
    if (resume === false) return address;
    if (owner !== this.#owner) {
      this.#owner = owner;
      this.clear();
      this.#loaded = attempt(async () => {
        const kept = (await inTime(this.clock, store?.loadOffsets?.(owner))) ?? [];
        if (owner === this.#owner) for (const one of kept) this.set(...one);
      });
    }
    await this.#loaded;
    const rooms = [...this].slice(-MAX_ROOMS);
    const query = () => encodeURIComponent(rooms.map((one) => one.join("@")).join());
    while (query().length > MAX_LENGTH) rooms.shift();
    const sign = address.url.includes("?") ? "&" : "?";
    return { ...address, url: `${address.url}${sign}offsets=1${rooms[0] ? `&resume=${query()}` : ""}` };
  }

  /** The frame as the contract has it; undefined where it has none. */
  plain<Frame extends object>(frame: Frame): Frame | undefined {
    const { room, offset, after: _, ...plain }: Numbered = frame;
    if (room && offset) {
      // A friend's post is stored with the friend, who alone may resume it.
      if (this.has(room) || !room.includes("-user:"))
        this.#heard(room, Math.max(offset, this.get(room) ?? 0));
      return plain as Frame;
    }
    const kind = plain.event ?? plain.type;
    if (kind !== "resumed" && kind !== "placed") return frame;
    const told = (plain.data ?? plain.payload) as Resumed & Placed;
    this.#heard(told.room, told.offset ?? told.after);
    if (told.reason === "forbidden") this.delete(told.room);
    if (kind === "resumed") this.tell({ ...told, resumed: told.complete ? "complete" : "incomplete" });
    return undefined;
  }

  #heard(room: string, offset: number): void {
    this.delete(room);
    this.set(room, offset);
  }

  override delete(room: string): boolean {
    void attempt(() => this.options.store?.saveOffsets?.(this.#owner, [...this]));
    return super.delete(room);
  }
}

/** Once this task is done. A store that fails, or throws, costs a page its place. */
const attempt = (work: () => Promise<void> | undefined) =>
  Promise.resolve()
    .then(work)
    .catch(() => {});
