import type { Line } from "./line.ts";
import type { ClientOptions } from "./options.ts";
import type { Address } from "./socket.ts";

/** The server's verdict about a room that was resumed (docs/resume.md). */
export interface Resumed {
  readonly room: string;
  /** What was said after this offset is heard. */
  readonly after: number;
  readonly until: number;
  readonly complete: boolean;
  readonly reason?: string;
}

/** The server takes no more. */
const MAX_ROOMS = 100;
/** Characters; the server takes 8 KiB. */
const MAX_LENGTH = 8_000;
/** No room has reached this offset, so that the verdict says where the room is. */
const UNREACHED = 999_999_999_999_999;

/** What a connection that asks for offsets hears besides the contract. */
export interface Numbered {
  readonly type?: string;
  readonly event?: string;
  readonly room?: string;
  readonly offset?: number;
  readonly after?: number;
  readonly data?: Resumed;
  readonly payload?: Resumed;
}

/** By room, the offset of the last event that was heard, in the store too, where it keeps them. Heard last comes last. */
export class Offsets extends Map<string, number> {
  #owner = "";

  constructor(private readonly options: ClientOptions) {
    super();
  }

  /** The address that asks for what this owner has missed. */
  async asked(address: Address, owner = "", room = ""): Promise<Address> {
    if (this.options.resume === false) return address;
    if (owner !== this.#owner) {
      this.#owner = owner;
      this.clear();
      // A store that fails costs this page its place.
      const kept = (await this.options.store?.loadOffsets?.(owner).catch(() => {})) ?? [];
      if (owner === this.#owner) for (const one of kept) this.set(...one);
    }
    // What is said in it from then on is missed when it is not heard.
    if (room && !this.has(room)) this.set(room, UNREACHED);
    let resume: string;
    let rooms = MAX_ROOMS;
    do {
      resume = encodeURIComponent(
        [...this]
          .slice(-rooms--)
          .map((one) => one.join("@"))
          .join(),
      );
    } while (resume.length > MAX_LENGTH);
    const sign = address.url.includes("?") ? "&" : "?";
    return { ...address, url: `${address.url}${sign}offsets=1${resume && `&resume=${resume}`}` };
  }

  /** The frame as the contract has it; undefined where it has none. */
  plain<Frame extends object>(frame: Frame, line: Line): Frame | undefined {
    const { room, offset, after: _, ...plain }: Numbered = frame;
    if (room && offset) {
      this.#heard(room, Math.max(offset, this.get(room) ?? 0));
      return plain as Frame;
    }
    if ((plain.event ?? plain.type) !== "resumed") return frame;
    const verdict = plain.data ?? plain.payload;
    if (verdict) {
      const isPlaced = this.get(verdict.room) === UNREACHED;
      this.#heard(verdict.room, verdict.after);
      const resumed = verdict.complete ? "complete" : "incomplete";
      if (!isPlaced) line.say("resumed", { ...verdict, resumed });
    }
    return undefined;
  }

  #heard(room: string, offset: number): void {
    this.delete(room);
    this.set(room, offset);
    void this.options.store?.saveOffsets?.(this.#owner, [...this]).catch(() => {});
  }
}
