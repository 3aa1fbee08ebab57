import { Readiness } from "./libc.ts";
import { fail, Member, Publisher, type Tally } from "./member.ts";
import type { Scenario } from "./scenarios.ts";
import { tokenFor } from "./token.ts";

const LISTEN_NS = 20_000_000;

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

  constructor(readonly scenario: Scenario) {
    this.#readiness = new Readiness(scenario.rooms * scenario.publishers);
  }

  /** Connects and joins everybody. Throws when one is refused. */
  async gather(port: number, secret: string): Promise<void> {
    const { rooms, members, publishers, inFlight } = this.scenario;
    for (let user = 0; user < rooms * members; user++) {
      const chatId = `room-${Math.floor(user / members)}`;
      const name = `user-${user}`;
      const token = await tokenFor(name, `chat:${chatId}`, secret);
      if (user % members >= publishers) {
        this.#listeners.push(new Member(name, chatId, this.tally, port, token));
        continue;
      }
      const index = this.publishers.length;
      const publisher = new Publisher(index, inFlight, members, name, chatId, this.tally, port, token);
      this.#readiness.add(publisher.socket.fd, index);
      this.publishers.push(publisher);
    }
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

  /** Fails unless each member got each message of its room, once. */
  verify(): void {
    const sent = new Map<string, number>();
    for (const publisher of this.publishers) {
      sent.set(publisher.chatId, (sent.get(publisher.chatId) ?? 0) + publisher.sent);
    }
    for (const { name, chatId, received } of [...this.publishers, ...this.#listeners]) {
      if (received !== sent.get(chatId)) fail(`${name} got ${received} of ${sent.get(chatId)} messages`);
    }
  }
}
