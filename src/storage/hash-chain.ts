const FACTOR = 0x9e3779b1;
const BODIES_DIGITS = 16;
const NUMBERS_DIGITS = 8;

/** What reducers decide of an event. The rest stands in the entry, which is the same on every node. */
export interface Hashed {
  readonly position: number;
  readonly offset: number;
  readonly count: number;
  readonly time: number;
  readonly kind: string;
  readonly body: string;
}

/**
 * The hash of all events up to here: each is hashed on to the hash of those before it. Two databases of one log that
 * differ at a position came to different events. It finds faults, not forgers.
 */
export class HashChain {
  #bodies: bigint;
  #numbers: number;
  #committedBodies: bigint;
  #committedNumbers: number;

  /** Goes on from what `text` said before; "" begins. */
  constructor(text: string) {
    this.#numbers = Number.parseInt(text.slice(0, NUMBERS_DIGITS) || "0", 16) | 0;
    this.#bodies = BigInt(`0x0${text.slice(NUMBERS_DIGITS)}`);
    this.#committedBodies = this.#bodies;
    this.#committedNumbers = this.#numbers;
  }

  /** Runs for every event. XXH3 costs a native call; numbers and the short kind are mixed faster here. */
  add({ position, offset, count, time, kind, body }: Hashed): void {
    this.#bodies = Bun.hash.xxHash3(body, this.#bodies);
    let mixed = mix(mix(mix(mix(this.#numbers, position), offset), count), time);
    for (let at = 0; at < kind.length; at++) mixed = mix(mixed, kind.charCodeAt(at));
    this.#numbers = mixed;
  }

  committed(): void {
    this.#committedBodies = this.#bodies;
    this.#committedNumbers = this.#numbers;
  }

  rolledBack(): void {
    this.#bodies = this.#committedBodies;
    this.#numbers = this.#committedNumbers;
  }

  /** 24 hex digits, of which the first 12 are enough to compare. */
  get text(): string {
    const numbers = (this.#numbers >>> 0).toString(16).padStart(NUMBERS_DIGITS, "0");
    return numbers + this.#bodies.toString(16).padStart(BODIES_DIGITS, "0");
  }
}

/** Of a number above 32 bits it takes the lower ones. */
function mix(hash: number, number: number): number {
  const mixed = Math.imul(hash ^ number, FACTOR);
  return mixed ^ (mixed >>> 15);
}
