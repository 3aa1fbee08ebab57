import { delayBefore, patient } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { MessageQueue } from "./queue.ts";
import type { Letter, LetterStore } from "./store.ts";

/** The server has refused a message. */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(
    message: string,
    /** In the contract's words or numbers, where it has them. */
    readonly code?: string | number,
  ) {
    super(message);
  }
}

/** A message on its way. */
export interface Sending extends Letter {
  /** Worth nothing later: it waits for no connection and no confirmation, and is kept nowhere. */
  readonly fleeting: boolean;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

export interface OutboxParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly queue: MessageQueue<Sending>;
  readonly store: LetterStore | undefined;
  /** Milliseconds after which a message that nothing has answered is sent again. */
  readonly answerTimeout: number;
  /** 0, or in how many milliseconds a message of this type may be sent. */
  take(type: string): number;
  write(letter: Letter): void;
}

/** So often a message is sent again that the server has no room for just now. */
const MAX_TRIES = 8;

/**
 * Messages on their way to the server. One at a time is on the wire until it is answered, so that their order is that
 * of their sending whatever happens to the line; one whose answer was lost is sent again under the same id.
 */
export class Outbox {
  #open = false;
  #flying: Sending | undefined;
  #isWritten = false;
  #tries = 0;
  #cancel: (() => void) | undefined;

  constructor(private readonly parts: OutboxParts) {}

  /** The message that waits for its answer on this connection. */
  get awaited(): Letter | undefined {
    return this.#isWritten ? this.#flying : undefined;
  }

  get size(): number {
    return this.parts.queue.size() + (this.#flying ? 1 : 0);
  }

  add(sending: Sending): void {
    if (sending.fleeting && !this.#open) {
      sending.resolve(undefined);
      return;
    }
    const dropped = this.parts.queue.enqueue(sending);
    if (dropped) this.#giveUp(dropped, new Error("dropped for a newer message"));
    if (!sending.fleeting) this.#keep(sending);
    this.#pump();
  }

  /** What an earlier page left comes before all that this one has said. Nobody waits for its answers any more. */
  restore(letters: readonly Letter[]): void {
    const ignore = () => {};
    const mine = new Set(this.parts.queue.remove(() => true));
    const ids = new Set([...mine].map(({ id }) => id));
    const theirs = letters.filter(({ id }) => !ids.has(id));
    this.parts.queue.prepend([
      ...theirs.map((letter) => ({ ...letter, fleeting: false, resolve: ignore, reject: ignore })),
      ...mine,
    ]);
    this.#pump();
  }

  /** The connection is ready for messages. */
  open(): void {
    this.#open = true;
    this.#pump();
  }

  /** The connection is lost. */
  close(): void {
    this.#open = false;
    this.#isWritten = false;
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#flying?.fleeting) this.#land()?.resolve(undefined);
    for (const one of this.parts.queue.remove(({ fleeting }) => fleeting)) one.resolve(undefined);
  }

  /** The awaited message is answered, or a message that was sent again before its answer came. */
  settle(answer?: unknown): void {
    const flown = this.#land();
    flown?.resolve(answer);
    if (flown) this.#forget(flown);
    this.#pump();
  }

  /** The awaited message is refused. */
  refuse(error: Error): void {
    const flown = this.#land();
    if (flown) this.#giveUp(flown, error);
    this.#pump();
  }

  /** The awaited message is to be sent again: in so many milliseconds, where the server has said it. */
  retry(error: Error, ms?: number): void {
    if (!this.#isWritten) return;
    if (++this.#tries >= MAX_TRIES) this.refuse(error);
    else {
      const { random } = this.parts;
      this.#isWritten = false;
      this.#wait(ms ?? patient.baseDelay / 2 + delayBefore(this.#tries - 1, patient, random));
    }
  }

  /** Nothing is sent for so long. */
  pause(ms: number): void {
    if (!this.#isWritten) this.#wait(ms);
  }

  /** Drops all that waits. */
  clear(): void {
    const all = this.parts.queue.remove(() => true);
    const flown = this.#land();
    for (const one of flown ? [flown, ...all] : all) this.#giveUp(one, new Error("cleared"));
  }

  #pump(): void {
    while (this.#open && !this.#cancel && !this.#isWritten) {
      this.#flying ??= this.parts.queue.dequeue() ?? undefined;
      if (!this.#flying) return;
      const ms = this.parts.take(this.#flying.type);
      if (ms > 0) this.#wait(ms);
      else this.#write(this.#flying);
    }
  }

  #write(sending: Sending): void {
    if (sending.fleeting) {
      this.parts.write(sending);
      this.#land()?.resolve(undefined);
      return;
    }
    this.#isWritten = true;
    this.#cancel = this.parts.clock.after(this.parts.answerTimeout, () => {
      this.#cancel = undefined;
      this.#isWritten = false;
      this.#pump();
    });
    this.parts.write(sending);
  }

  #wait(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.parts.clock.after(ms, () => {
      this.#cancel = undefined;
      this.#pump();
    });
  }

  #land(): Sending | undefined {
    const flown = this.#flying;
    this.#flying = undefined;
    this.#isWritten = false;
    this.#tries = 0;
    this.#cancel?.();
    this.#cancel = undefined;
    return flown;
  }

  #giveUp(sending: Sending, error: Error): void {
    sending.reject(error);
    this.#forget(sending);
  }

  #keep({ id, type, data }: Letter): void {
    // A store that fails costs the message its life beyond the page, not its sending.
    this.parts.store?.put({ id, type, data }).catch(() => {});
  }

  #forget({ id, fleeting }: Sending): void {
    if (!fleeting) this.parts.store?.delete(id).catch(() => {});
  }
}
