import { Histogram } from "./histogram.ts";

/** Seconds: from what an idle server needs to what clients notice. */
const SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
const ENTRIES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024];

/** How long turns take. The next gathers meanwhile, and where nodes share a log several may wait for it. */
export class TurnTimes {
  /** Entries of a turn that was committed. */
  readonly entries = new Histogram(ENTRIES);
  /** Applying and committing the entries of one turn, of any node. */
  readonly commit = new Histogram(SECONDS);
  /** From the moment a turn's first message was handled until all of the turn's frames were given to sockets. */
  readonly turn = new Histogram(SECONDS);
  /** For some turns: from the first publish until the event loop has written what the sockets would take. */
  readonly flush = new Histogram(SECONDS);
  /** Asking when frames are out costs a round of the event loop, so only the next turn after this is set is asked. */
  sampleFlush = true;
  #began = 0;
  #applying = 0;
  #publishing = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The turn that gathers has its first message. */
  began(): void {
    this.#began = this.now();
  }

  /** It gathers no more. Returns when it began. */
  ended(): number {
    this.#publishing = this.now();
    return this.#began;
  }

  /** Entries are about to be applied. */
  applying(): void {
    this.#applying = this.now();
  }

  committed(entries: number): void {
    this.#publishing = this.now();
    this.entries.observe(entries);
    this.commit.observe((this.#publishing - this.#applying) / 1_000);
  }

  /** The turn that began then has reached the sockets. */
  delivered(began: number): void {
    this.turn.observe((this.now() - began) / 1_000);
    if (!this.sampleFlush) return;
    this.sampleFlush = false;
    const since = this.#publishing;
    // The sockets' frames are written when this round of the loop ends.
    setImmediate(() => this.flush.observe((this.now() - since) / 1_000));
  }
}
