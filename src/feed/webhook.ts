import type { Cursor, FeedEvent } from "../core/ports/feed-store.ts";
import { compareCursors } from "./cursor.ts";
import { Expired, type Place } from "./feed.ts";
import { type Delivery, deliveryOf, eventFilter, secretsAt, testDelivery } from "./webhook-delivery.ts";
import {
  placeAt,
  type Secret,
  type WebhookFilter,
  type WebhookParts,
  type WebhookRow,
} from "./webhook-parts.ts";
import { backoffMs, FIRST_RETRY_MS, sleep } from "./webhook-retry.ts";
import { isAccepted, reasonOf, type Sending, send, type WebhookResponse } from "./webhook-send.ts";

/** A place that moves only over events outside of the filter is saved this often, and before retention removes them. */
const SAVE_MS = 10_000;
/** Events within this time go in one delivery: each costs a request and two commits. */
const GATHER_MS = 100;

const NOT_FAILING = { attempts: 0, nextAttempt: null, failingSince: null } satisfies Partial<WebhookRow>;
const NOT_IN_FLIGHT = { untilPosition: null, untilOrdinal: null } satisfies Partial<WebhookRow>;

export type Status = "ok" | "failing" | "paused" | "expired";

/** One receiver. Deliveries are sent in order, one request at a time, and repeated until the receiver accepts them. */
export class Webhook {
  readonly outcomes = { delivered: 0, failed: 0 };
  #place: Place | undefined;
  /** Time of the first event of the delivery in flight. */
  #oldest: number | undefined;
  #expired = false;
  #savedAt = Number.NEGATIVE_INFINITY;
  #ended = new AbortController();

  constructor(
    readonly row: WebhookRow,
    private readonly parts: WebhookParts,
  ) {}

  get status(): Status {
    if (this.row.paused) return "paused";
    if (this.#expired) return "expired";
    return this.row.failingSince === null ? "ok" : "failing";
  }

  /** The newest secret. */
  get secret(): string {
    const [first]: Secret[] = JSON.parse(this.row.secrets);
    return first?.secret ?? "";
  }

  get filter(): WebhookFilter {
    return JSON.parse(this.row.filter);
  }

  /** How many rows of the log it has not reached, and the age in seconds of the oldest event that waits for delivery. */
  get lag(): { readonly events: number; readonly seconds: number } {
    const { id } = this.#place ?? this.#findPlace();
    const events = Math.max(0, this.parts.lastId() - id);
    const { clock, feed } = this.parts;
    const now = clock.now();
    const since = events === 0 ? now : (this.#oldest ?? feed.timeAfter(id) ?? now);
    return { events, seconds: Math.max(0, (now - since) / 1_000) };
  }

  /** Its place, looked up again; the beginning if retention has removed events that it has not delivered. */
  #findPlace(): Place {
    try {
      return this.parts.feed.placeAfter(this.row);
    } catch {
      return this.parts.feed.beginning();
    }
  }

  start(): void {
    this.stop();
    this.#ended = new AbortController();
    void this.#run(this.#ended.signal);
  }

  /** Aborts the delivery in flight. It is sent again later. */
  stop(): void {
    this.#ended.abort();
  }

  /** Saves the changes and starts again with them. If they cannot be saved, nothing changes. */
  change(changed: Partial<WebhookRow>): void {
    this.parts.save({ ...this.row, ...changed });
    Object.assign(this.row, changed);
    this.stop();
    this.#place = undefined;
    this.#oldest = undefined;
    this.#expired = false;
    this.start();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.row.paused) {
      try {
        await this.#deliverNext(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Expired) return this.#expire(error);
        // Most likely the database cannot be written. The place has not moved.
        this.parts.report(error, { where: "webhook", webhook: this.row.name });
        await sleep(this.parts.clock, FIRST_RETRY_MS, signal);
      }
    }
  }

  /** Only an operator may skip events that were removed before they were delivered. */
  #expire({ message }: Expired): void {
    this.#expired = true;
    this.#failed(message);
    this.parts.save(this.row);
  }

  async #deliverNext(signal: AbortSignal): Promise<void> {
    const { parts, row } = this;
    const wait = (row.nextAttempt ?? 0) - parts.clock.now();
    if (wait > 0) await sleep(parts.clock, wait, signal);
    if (signal.aborted) return;
    this.#place ??= parts.feed.placeAfter(row);
    const woken = new AbortController();
    const end = () => woken.abort();
    let cancel = () => {};
    signal.addEventListener("abort", end);
    try {
      const next = parts.feed.next(woken.signal, GATHER_MS);
      const page = await parts.feed.page(this.#place, eventFilter(this.filter, parts.contracts), row.batch);
      if (signal.aborted) return;
      const inFlight = page.events.filter(this.#isInFlight);
      // Events in flight may have gone with their room: those after them are another delivery.
      if (inFlight.length === 0) Object.assign(row, NOT_IN_FLIGHT);
      const events = inFlight.length > 0 ? inFlight : page.events;
      const last = events.at(-1);
      if (last) {
        // What the filter leaves out after a whole page is behind it, too.
        const isWhole = events.length === page.events.length;
        const place = isWhole ? page.next : { id: last.id, cursor: last };
        const isDelivered = await this.#deliver(events, place, signal);
        if (isDelivered && !page.more && isWhole) await next;
      } else {
        // A place that is not saved is saved soon, although nothing may come for days: see `SAVE_MS`.
        if (!this.#skip(page.next)) cancel = parts.clock.after(SAVE_MS, end);
        if (!page.more) await next;
      }
    } finally {
      cancel();
      end();
      signal.removeEventListener("abort", end);
    }
  }

  readonly #isInFlight = (event: FeedEvent): boolean => {
    const { untilPosition: position, untilOrdinal } = this.row;
    return position === null || compareCursors(event, { position, ordinal: untilOrdinal ?? 0 }) <= 0;
  };

  /** No event up to this place passes the filter. False if this is not saved yet. */
  #skip(place: Place): boolean {
    const { clock, save } = this.parts;
    this.#place = place;
    this.#oldest = undefined;
    Object.assign(this.row, placeAt(place.cursor), NOT_FAILING);
    if (clock.monotonic() - this.#savedAt < SAVE_MS) return false;
    this.#savedAt = clock.monotonic();
    save(this.row);
    return true;
  }

  async #deliver(events: readonly FeedEvent[], place: Place, signal: AbortSignal): Promise<boolean> {
    const { row, parts } = this;
    const last = events.at(-1)!;
    this.#oldest = events[0]!.time;
    if (row.untilPosition === null) {
      // Saved, so that the same delivery is repeated if the process dies. This also saves the place after the previous one.
      const until = { untilPosition: last.position, untilOrdinal: last.ordinal };
      parts.save({ ...row, ...until });
      Object.assign(row, until);
    }
    const delivery = deliveryOf(row, events, last, parts.contracts);
    const answered = await this.#send(delivery, signal).catch((error: unknown) => error);
    if (signal.aborted) return false;
    const delivered = !(answered instanceof Error) && isAccepted(answered as WebhookResponse);
    if (delivered) this.#delivered(place);
    else this.#scheduleRetry(answered);
    return delivered;
  }

  #delivered(place: Place): void {
    const { row, parts } = this;
    this.outcomes.delivered++;
    if (row.failingSince !== null) parts.note(row.name, "delivered");
    this.#place = place;
    this.#oldest = undefined;
    Object.assign(row, placeAt(place.cursor), NOT_FAILING, { deliveredAt: parts.clock.now() });
    parts.save(row);
  }

  #scheduleRetry(answered: unknown): void {
    const { row, parts } = this;
    const { status, retryAfter } =
      answered instanceof Error ? { status: 0, retryAfter: 0 } : (answered as WebhookResponse);
    this.#failed(answered instanceof Error ? reasonOf(answered) : `the receiver answered ${status}`);
    row.attempts++;
    row.nextAttempt = parts.clock.now() + backoffMs(row.attempts, retryAfter, parts.random());
    if (status === 410) {
      row.paused = true;
      parts.note(row.name, "paused", row.lastError ?? undefined);
    }
    parts.save(row);
  }

  #failed(error: string): void {
    const { row, parts } = this;
    this.outcomes.failed++;
    const now = parts.clock.now();
    if (row.failingSince === null) parts.note(row.name, "failing", error);
    row.failingSince ??= now;
    Object.assign(row, { lastError: error.slice(0, 500), lastErrorAt: now });
  }

  /** Sends one request without an event, to see whether it arrives. Throws if no answer comes. */
  test(): Promise<WebhookResponse> {
    const { clock, random } = this.parts;
    return this.#send(testDelivery(this.row, clock.now(), random()), new AbortController().signal);
  }

  #send({ id, body }: Delivery, signal: AbortSignal): Promise<WebhookResponse> {
    const { clock, allowed, timeoutMs } = this.parts;
    const now = clock.now();
    const sending: Sending = {
      ...{ url: this.row.url, secrets: secretsAt(this.row, now), allowed, timeoutMs, signal },
    };
    return send({ id, timestamp: Math.floor(now / 1_000), body }, sending);
  }

  /** The end of the delivery that the receiver does not accept; if retention has removed it, the beginning of what is kept. */
  get obstacle(): Cursor | undefined {
    const { untilPosition: position, untilOrdinal: ordinal } = this.row;
    if (this.#expired) return this.parts.feed.beginning().cursor;
    return position === null || ordinal === null ? undefined : { position, ordinal };
  }

  skipTo(cursor: Cursor): void {
    this.change({ ...placeAt(cursor), ...NOT_FAILING });
  }
}
