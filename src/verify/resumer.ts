import { z } from "zod";
import type { Actor, Harness } from "./harness.ts";
import type { Endpoint, JsonSocket } from "./json-socket.ts";
import type { Stay } from "./ledger.ts";
import type { Wire } from "./wire.ts";

const verdict = z.object({
  room: z.string(),
  complete: z.boolean(),
  reason: z.string().optional(),
});
const frame = z.looseObject({
  room: z.string().optional(),
  offset: z.number().optional(),
});
type Frame = z.output<typeof frame>;

/** How a contract's client resumes one room. */
export interface Resuming {
  readonly userId: string;
  readonly room: string;
  /** Where it connects; `query` is its part of the address, without `?`. */
  endpoint(query: string): Promise<Endpoint>;
  /** Sends the first frame, where the contract wants one. */
  hello?(socket: JsonSocket): void;
  /** The text that identifies the item of a frame with an offset; undefined for other stored events. */
  textOf(frame: Frame): string | undefined;
  /** The verdict in a frame, in the contract's envelope. */
  verdictOf(frame: Frame): unknown;
  /** The frames in a batch, where the contract has batches. */
  batchOf?(frame: Frame): readonly unknown[] | undefined;
  /** The answer to a frame, where the contract wants one. */
  answerTo?(frame: Frame): unknown;
  /** Whether the server has refused to let it in. */
  isError(frame: Frame): boolean;
}

/**
 * A client that only listens, remembers the offset of what it heard last, and resumes there whenever its connection
 * is lost. All its connections together are one stay: nothing missed, nothing doubled, in order.
 */
export class Resumer implements Actor {
  readonly rooms: readonly string[];
  #socket: JsonSocket | undefined;
  #stay: Stay | undefined;
  #offset = 0;
  #isIn = false;

  constructor(
    private readonly harness: Harness,
    private readonly resuming: Resuming,
    readonly wire: Wire | undefined,
  ) {
    this.rooms = [resuming.room];
    harness.ledger.open(resuming.userId, resuming.room);
  }

  get userId(): string {
    return this.resuming.userId;
  }

  get isIn(): boolean {
    return this.#socket?.isOpen === true && this.#isIn;
  }

  /** What it has heard is compared only when it is connected and has got what it missed. */
  get isDone(): boolean {
    return this.isIn;
  }

  async connect(): Promise<void> {
    if (this.#socket?.isOpen) return;
    const { room, endpoint, hello } = this.resuming;
    const address = await endpoint(`resume=${encodeURIComponent(`${room}@${this.#offset}`)}`);
    await this.harness.open(
      { ...address, wire: this.wire },
      {
        opened: (socket) => {
          this.#socket = socket;
          hello?.(socket);
        },
        heard: (data) => this.#hear(frame.parse(data)),
        closed: (how) => this.#closed(how),
      },
    );
  }

  close(): void {
    this.#socket?.close();
    this.wire?.close();
  }

  #closed(how: string): void {
    this.harness.count(`closed ${how}`);
    if (this.#stay) this.#stay.isOpen = false;
    this.#isIn = false;
  }

  #hear(heard: Frame): void {
    const { answerTo, batchOf, verdictOf, isError } = this.resuming;
    const answer = answerTo?.(heard);
    if (answer !== undefined) this.#socket?.send(answer);
    const told = verdictOf(heard);
    const batch = batchOf?.(heard);
    if (told !== undefined) this.#resumed(verdict.parse(told));
    else if (batch) for (const one of batch) this.#hear(frame.parse(one));
    else if (heard.offset !== undefined) this.#event(heard, heard.offset);
    // Its entry was not stored, so it connects again.
    else if (isError(heard) && !this.#isIn) this.#socket?.close();
  }

  #resumed({ room, complete, reason }: z.output<typeof verdict>): void {
    const { ledger, count } = this.harness;
    if (room !== this.resuming.room) return;
    count(`resumed ${reason ?? "complete"}`);
    if (reason === "too_many") this.#begin(undefined);
    else if (!complete)
      ledger.faults.add("resumed", `${this.userId} in ${room}: ${reason}, of a room that was kept`);
    if (this.#stay) this.#stay.isOpen = true;
    else this.#begin(null);
    this.#isIn = true;
  }

  #begin(after: null | undefined): void {
    const { ledger } = this.harness;
    this.#stay = { ...ledger.enter(this.userId, this.resuming.room, after), isResumed: true };
    ledger.stays.splice(-1, 1, this.#stay);
  }

  #event(heard: Frame, offset: number): void {
    const { ledger } = this.harness;
    const { room, textOf } = this.resuming;
    if (heard.room !== room) return;
    if (offset <= this.#offset) {
      ledger.faults.add("resumed", `${this.userId} heard ${offset} in ${room} after ${this.#offset}`);
    }
    this.#offset = offset;
    const text = textOf(heard);
    const item = text === undefined ? undefined : ledger.find(room, text);
    if (item) ledger.hear(this.userId, item, this.#stay);
  }
}

const A_QUARTER = 0.25;

/** The part of a contract whose token comes in the first frame. */
export function tokenInFirstFrame(
  harness: Harness,
  { userId, room, path }: { readonly userId: string; readonly room: string; readonly path: string },
  frameOf: (token: string) => unknown,
): Pick<Resuming, "userId" | "room" | "endpoint" | "hello"> {
  let token = "";
  return {
    ...{ userId, room },
    async endpoint(query) {
      token = await harness.token(userId, [room]);
      return { path: `${path}?${query}` };
    },
    hello: (socket) => socket.send(frameOf(token)),
  };
}

/** Resuming clients for a contract with this number of others, spread over its rooms. */
export async function resumersFor(
  harness: Harness,
  clients: number,
  rooms: readonly string[],
  make: (userId: string, room: string, n: number) => Resuming,
): Promise<Resumer[]> {
  const resumers: Resumer[] = [];
  for (let n = 0; n < Math.ceil(clients * (harness.resuming ?? A_QUARTER)); n++) {
    const room = rooms[n % rooms.length] ?? "";
    resumers.push(
      new Resumer(harness, make(`resumer-${room.replace(":", "-")}-${n}`, room, n), await harness.wire()),
    );
  }
  return resumers;
}
