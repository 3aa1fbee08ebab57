import type { Clock } from "./clock.ts";

export interface HeartParts {
  readonly clock: Clock;
  /** Milliseconds of silence after which the client pings the server, or within which the server must send something. */
  readonly interval: number;
  /** Milliseconds that it has for that. */
  readonly timeout: number;
  ask(): void;
  /** It gave none. */
  dead(): void;
}

/** Where a contract gives no figures. */
export const HEARTBEAT = { interval: 30_000, timeout: 10_000 };
/** Later than this a timer was held back: the page is in the background, or the machine has slept. */
const LATE_MS = 1_500;

/**
 * Notices a line that has died without a word. Timers of a page in the background come up to a minute late, and what
 * the server said meanwhile may come later still: a judgement that comes late is put off once.
 */
export class Heart {
  #isHeard = false;
  #lastHeard = 0;
  #stop: (() => void) | undefined;

  /** Milliseconds. */
  interval: number;
  timeout: number;

  constructor(private readonly parts: HeartParts) {
    this.interval = parts.interval;
    this.timeout = parts.timeout;
  }

  start(): void {
    this.heard();
    this.#watch();
  }

  stop(): void {
    this.#stop?.();
  }

  /** Any frame is a sign of life. */
  heard(): void {
    this.#isHeard = true;
    this.#lastHeard = this.parts.clock.now();
  }

  /** Something has happened that may have cost the line its life. */
  ask(mayBeLate = true): void {
    this.stop();
    const { timeout } = this;
    const { clock } = this.parts;
    this.#isHeard = false;
    const due = clock.now() + timeout;
    this.#stop = clock.after(timeout, () => {
      if (this.#isHeard) this.#watch();
      else if (mayBeLate && clock.now() - due > LATE_MS) this.ask(false);
      else this.parts.dead();
    });
    // Last: it may find that the line is lost, and stop the heart.
    this.parts.ask();
  }

  #watch(): void {
    const { interval } = this;
    const { clock } = this.parts;
    // If the clock was set back, the line is asked.
    const silence = () => Math.abs(clock.now() - this.#lastHeard);
    this.#stop = clock.after(Math.max(0, interval - silence()), () => {
      if (silence() < interval) this.#watch();
      else this.ask();
    });
  }
}
