import type { JsonSocket } from "../../src/verify/json-socket.ts";
import { START } from "./fleet.ts";
import { tokenOf } from "./instance.ts";
import type { Node } from "./node.ts";
import { type Frame, frame, type Place, places, typistOf } from "./places.ts";

export interface VisitorEvents {
  now(): number;
  /** It is in now, or no longer. */
  changed(visitor: Visitor): void;
  /** It is told that a user has gone. */
  gone(visitor: Visitor, userId: string): void;
  /** It is told again that a user has come. */
  cameTwice(visitor: Visitor, userId: string): void;
  /** It is told that a user types. */
  typing(visitor: Visitor, userId: string): void;
}

/** A connection of a user in one place, again and again, and what it knows of the others there. */
export class Visitor {
  /** Who is there and who has gone, as far as it was told. */
  readonly view = new Map<string, boolean>();
  /** Who was there when it came. */
  readonly met = new Map<string, boolean | "in doubt">();
  counted: number | undefined;
  isOpen = false;
  isIn = false;
  /** When it was let in. */
  since = 0;
  #socket: JsonSocket | undefined;
  #node = "";

  constructor(
    readonly place: Place,
    readonly userId: string,
    /** The only node that it connects to; without one, any. */
    readonly home: Node | undefined,
    private readonly events: VisitorEvents,
  ) {}

  toString(): string {
    return `${this.userId} in ${this.place.name} on ${this.#node}`;
  }

  open({ instance, name }: Node): void {
    const { events, place, userId } = this;
    const issuedAt = START + events.now();
    const token = tokenOf({ userId, rooms: places.map(({ room }) => room), issuedAt });
    this.view.clear();
    this.met.clear();
    this.counted = undefined;
    this.isOpen = true;
    this.#node = name;
    const opened = (socket: JsonSocket) => {
      this.#socket = socket;
      place.hello?.(socket, userId, token);
    };
    const heard = (data: unknown) => this.#hear(frame.parse(data));
    instance.open(place.endpoint(token), { opened, heard, closed: () => this.#closed() }, true);
  }

  close(): void {
    this.#socket?.close();
  }

  get canType(): boolean {
    return this.isIn && this.place.typing !== undefined;
  }

  type(): void {
    this.#socket?.send(this.place.typing?.(this.userId));
  }

  #closed(): void {
    this.isOpen = false;
    if (!this.isIn) return;
    this.isIn = false;
    this.events.changed(this);
  }

  #hear(heard: Frame): void {
    const { events, place } = this;
    const answer = place.answerTo?.(heard);
    if (answer !== undefined) this.#socket?.send(answer);
    if (!this.isIn && place.isIn(heard)) {
      this.isIn = true;
      this.since = events.now();
      events.changed(this);
    }
    for (const [userId, isThere] of place.told?.(heard) ?? []) {
      if (isThere && this.view.get(userId) && !place.tellsAll) events.cameTwice(this, userId);
      this.view.set(userId, isThere);
      if (!isThere) events.gone(this, userId);
    }
    this.counted = place.counted?.(heard) ?? this.counted;
    const typist = typistOf(heard);
    if (typist !== undefined) events.typing(this, typist);
  }
}
