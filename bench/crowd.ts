import type { Dialect, Name } from "./dialect.ts";
import { Readiness } from "./libc.ts";
import { fail, Member, Publisher, type Tally } from "./member.ts";
import type { Scenario } from "./scenarios.ts";
import { tokenFor } from "./token.ts";

const LISTEN_NS = 20_000_000;
/** The least that the kernel keeps for somebody who does not read. */
const SMALL_BUFFER = 4096;

/**
 * All members of all rooms. Publishers are read as soon as something arrives, those who only listen one after
 * another, each every 20 ms: nobody waits for them, and one read then takes many frames.
 */
export class Crowd {
  readonly tally: Tally = { expected: 0, delivered: 0 };
  readonly publishers: Publisher[] = [];
  readonly #listeners: Member[] = [];
  readonly #readiness: Readiness;
  #listenedAt = 0;
  #listener = 0;
  /** Who comes into the first room to read nothing. */
  #stopped: Name | undefined;

  constructor(
    readonly scenario: Scenario,
    readonly dialect: Dialect,
    readonly port: number,
    /** Number of the first room, whose users no other crowd may have. */
    readonly first = 0,
  ) {
    this.#readiness = new Readiness(scenario.rooms * scenario.publishers);
  }

  /** Connects and joins everybody. Throws when one is refused. */
  async gather(secret: string): Promise<void> {
    const { rooms, members, publishers, inFlight } = this.scenario;
    const from = this.first * members;
    for (let user = from; user < from + rooms * members; user++) {
      const name = await nameOf(user, `room-${Math.floor(user / members)}`, this.dialect, secret);
      if (user % members >= publishers) {
        this.#listeners.push(new Member(name, this.dialect, this.tally, this.port).enter());
        continue;
      }
      const index = this.publishers.length;
      const own = [name, this.dialect, this.tally, this.port] as const;
      const publisher = new Publisher(index, inFlight, members, ...own).enter();
      this.#readiness.add(publisher.socket.fd, index);
      this.publishers.push(publisher);
    }
    if (this.scenario.stopped) {
      this.#stopped = await nameOf(from + rooms * members, `room-${this.first}`, this.dialect, secret);
    }
  }

  /** Plays while somebody is in the first room who has stopped reading. */
  besideOneWhoStopped<T>(play: () => T): T {
    const name = this.#stopped;
    if (!name) throw new Error("nobody is there to stop");
    const tally: Tally = { expected: 0, delivered: 0 };
    const member = new Member(name, this.dialect, tally, this.port, SMALL_BUFFER).enter();
    const played = play();
    member.socket.close();
    return played;
  }

  /** Reads what is due; waits at most `ms` for it. Tells each publisher with confirmations after number `from`. */
  read(ms: number, confirmed: (publisher: Publisher, from: number) => void): void {
    const ready = this.#readiness.wait(ms);
    for (let i = 0; i < ready; i++) {
      const publisher = this.publishers[this.#readiness.key(i)]!;
      const from = publisher.confirmed;
      publisher.socket.read();
      if (publisher.confirmed > from) confirmed(publisher, from);
    }
    this.#listen(Bun.nanoseconds());
  }

  #listen(now: number): void {
    const apart = LISTEN_NS / this.#listeners.length;
    this.#listenedAt = Math.max(this.#listenedAt, now - LISTEN_NS);
    for (; this.#listenedAt + apart <= now; this.#listenedAt += apart) {
      this.#listeners[this.#listener]!.socket.read();
      this.#listener = (this.#listener + 1) % this.#listeners.length;
    }
  }

  /** Reads everybody: pings are answered and lost connections noticed while nothing is measured. */
  idle(): void {
    for (const member of [...this.publishers, ...this.#listeners]) member.socket.read();
  }

  close(): void {
    for (const { socket } of [...this.publishers, ...this.#listeners]) socket.close();
  }

  /** Fails unless each member got each message of its room, once. */
  verify(): void {
    const sent = new Map<string, number>();
    for (const publisher of this.publishers) {
      const { room } = publisher.name;
      sent.set(room, (sent.get(room) ?? 0) + publisher.sent);
    }
    for (const { name, received } of [...this.publishers, ...this.#listeners]) {
      const expected = sent.get(name.room);
      if (received !== expected) fail(`user ${name.user} got ${received} of ${expected} messages`);
    }
  }
}

/** A user with a token for one room. */
export async function nameOf(user: number, room: string, dialect: Dialect, secret: string): Promise<Name> {
  return { user, room, token: await tokenFor(`user-${user}`, dialect.grant(room), secret) };
}
