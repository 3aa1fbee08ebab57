import { delayBefore, patient } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { asError } from "./connection.ts";
import { inTime } from "./in-time.ts";
import { enqueue, type QueueOptions } from "./queue.ts";
import type { QueuedMessage } from "./store.ts";
import type { StoredMessages } from "./stored-messages.ts";

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

/** A message is not confirmed, and the client no longer waits for that. */
export class NotSent extends Error {
  override readonly name = "NotSent";
  constructor(
    why: Error,
    /** Whether the store has it: it is sent when its user connects again. Otherwise nothing sends it. */
    readonly isKept: boolean,
  ) {
    super(`${why.message}; ${isKept ? "kept for later" : "not sent"}`, { cause: why });
  }
}

/** A message on its way. */
export interface Sending extends QueuedMessage {
  /** Worth nothing later: it waits for no connection and no confirmation. */
  readonly fleeting?: boolean;
  /** Whether the store has it, for a message that is worth something to a later page. */
  kept?: Promise<boolean> | undefined;
  resolve(answer?: unknown): void;
  reject(error: Error): void;
}

export interface OutboxParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly queue: QueueOptions | undefined;
  readonly kept: StoredMessages;
  /** Milliseconds after which a message that nothing has answered is sent again. */
  readonly answerTimeout: number;
  /** 0, or in how many milliseconds a message of this type may be sent. */
  take(type: string): number;
  write(message: QueuedMessage): void;
}

/** So often a message is sent again that the server has no room for just now. */
const MAX_TRIES = 8;

/**
 * Messages on their way to the server. One at a time is on the wire until it is answered, so that their order is that
 * of their sending, also when the line is lost; one whose answer was lost is sent again under the same id.
 */
export class Outbox {
  #open = false;
  /** Oldest first. */
  #waiting: Sending[] = [];
  #flying: Sending | undefined;
  #isWritten = false;
  #tries = 0;
  #cancel: (() => void) | undefined;
  /** Done once what earlier pages have left is in the queue. */
  #restored: Promise<void> | undefined;
  /** Whose the messages are; not known before the first token is there that says it. */
  owner: string | undefined;

  constructor(private readonly parts: OutboxParts) {}

  /** The message that waits for its answer on this connection. */
  get awaited(): QueuedMessage | undefined {
    return this.#isWritten ? this.#flying : undefined;
  }

  /** The message that was, or is to be, the next on the wire. */
  get flying(): QueuedMessage | undefined {
    return this.#flying;
  }

  get size(): number {
    return this.#waiting.length + (this.#flying ? 1 : 0);
  }

  add(sending: Sending, isKept: boolean): void {
    if (sending.fleeting && !this.#open) {
      sending.resolve();
      return;
    }
    const dropped = enqueue(this.#waiting, sending, this.parts.queue);
    if (dropped) this.#giveUp(dropped, new Error("dropped for a newer message"));
    if (isKept) sending.kept = this.parts.kept.keep(sending);
    this.#pump();
  }

  /** From now on messages are this owner's. What an earlier page has left of theirs comes before all others. */
  claim(owner: string | undefined): Promise<void> {
    if (owner !== this.owner) {
      this.owner = owner;
      this.#restored = undefined;
      for (const one of this.#takeAll()) this.#adopt(one, owner);
    }
    this.#restored ??= this.#restore(owner);
    return this.#restored;
  }

  /** The connection is given up, and nobody waits any more. What is kept comes back with the next `claim`. */
  fail(why: Error): void {
    for (const one of this.#takeAll()) void this.#abandon(one, why);
    this.#restored = undefined;
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
    if (this.#flying?.fleeting) this.#land()?.resolve();
    this.#waiting = this.#waiting.filter((one) => !one.fleeting || one.resolve());
  }

  /** The awaited message is answered, or a message that was sent again before its answer came. */
  settle(answer?: unknown): void {
    const flown = this.#land();
    flown?.resolve(answer);
    this.#forget(flown);
    this.#pump();
  }

  /** The awaited message is refused. */
  refuse(error: Error): void {
    const flown = this.#land();
    if (flown) this.#giveUp(flown, error);
    this.#pump();
  }

  /** The awaited message is to be sent again: after these milliseconds, if the server has said how long to wait. */
  retry(error: Error, ms?: number): void {
    if (!this.#isWritten) return;
    if (++this.#tries >= MAX_TRIES) this.refuse(error);
    else {
      this.#isWritten = false;
      this.#wait(ms ?? patient.baseDelay / 2 + delayBefore(this.#tries - 1, patient, this.parts.random));
    }
  }

  /** Drops all that waits. */
  clear(): void {
    for (const one of this.#takeAll()) this.#giveUp(one, new Error("cleared"));
  }

  #pump(): void {
    while (this.#open && !this.#cancel && !this.#isWritten) {
      this.#flying ??= this.#waiting.shift();
      if (!this.#flying) return;
      const ms = this.parts.take(this.#flying.type);
      if (ms > 0) this.#wait(ms);
      else this.#write(this.#flying);
    }
  }

  #write(sending: Sending): void {
    const { fleeting } = sending;
    this.#isWritten = !fleeting;
    if (!fleeting) this.#wait(this.parts.answerTimeout);
    try {
      this.parts.write(sending);
      if (fleeting) this.#land()?.resolve();
    } catch (error) {
      // It cannot be said, and must not keep those behind it from being said.
      this.refuse(asError(error));
    }
  }

  /** After so long what is first is written, or written again. */
  #wait(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.parts.clock.after(ms, () => {
      this.#cancel = undefined;
      this.#isWritten = false;
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

  /** Everything that is not confirmed, oldest first. */
  #takeAll(): Sending[] {
    const flown = this.#land();
    const waiting = this.#waiting.splice(0);
    return flown ? [flown, ...waiting] : waiting;
  }

  #giveUp(sending: Sending, error: Error): void {
    sending.reject(error);
    this.#forget(sending);
  }

  /** Nobody waits for it any more; where it was kept, the store still has it. */
  async #abandon({ kept, reject }: Sending, why: Error): Promise<void> {
    reject(new NotSent(why, (await inTime(this.parts.clock, kept).catch(() => false)) ?? false));
  }

  /** What others have written is not sent in this owner's name. */
  #adopt(one: Sending, owner: string | undefined): void {
    if ((one.owner ?? owner) !== owner) void this.#abandon(one, new Error("Another user has connected"));
    else {
      const mine = { ...one, owner };
      if (one.kept && one.owner === undefined) mine.kept = this.parts.kept.keep(mine);
      this.#waiting.push(mine);
    }
  }

  async #restore(owner: string | undefined): Promise<void> {
    const messages = await this.parts.kept.load(owner);
    if (owner !== this.owner) return;
    if (!messages) this.#restored = undefined;
    const mine = this.#takeAll();
    const kept = { kept: Promise.resolve(true), resolve() {}, reject() {} };
    const old = (messages ?? []).filter(({ id }) => !mine.some((one) => one.id === id));
    this.#waiting.push(...old.map((message) => ({ ...message, ...kept })), ...mine);
    // A claim before the last one may end late, and has taken the message that was on the wire.
    this.#pump();
  }

  /** Once the store has it: a slow one would keep it for ever. */
  #forget(sending: Sending | undefined): void {
    sending?.kept?.then(() => this.parts.kept.forget(sending));
  }
}
