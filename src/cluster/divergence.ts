/** A node's hash of its data, with the log applied up to a position. */
export interface Claim {
  readonly position: number;
  readonly hash: string;
}

/** Heartbeats of busy nodes seldom have the same position, so each also carries the hash at the last multiple of this. */
export const MARK = 1_000;
const KEPT_OWN = 64;
const KEPT_CLAIMS = 16;

export interface DivergenceParts {
  /** Ids of the other nodes that are alive. */
  others(): Iterable<string>;
  /**
   * Another node has another hash at this position. `isOdd`: most of the live nodes have one hash, and this node another.
   * Called once for each of the two, at most.
   */
  differs(position: number, isOdd: boolean): void;
}

/** Compares the hashes of nodes that apply the same log. Of two that differ, only a third node shows which is right. */
export class Divergence {
  readonly #own = new Map<number, string>();
  readonly #claims = new Map<string, Claim[]>();
  #isTold = false;
  #isOdd = false;
  /** This node's hash at the last multiple of `MARK`. */
  mark: Claim | undefined;

  constructor(private readonly parts: DivergenceParts) {}

  /** This node has applied the log up to this position. */
  applied(position: number, hash: () => string): void {
    if (position % MARK !== 0) return;
    this.mark = { position, hash: hash() };
    this.own(this.mark);
  }

  own({ position, hash }: Claim): void {
    if (this.#own.get(position) === hash) return;
    this.#own.set(position, hash);
    for (const [oldest] of this.#own) {
      if (this.#own.size <= KEPT_OWN) break;
      this.#own.delete(oldest);
    }
    this.#compare(position);
  }

  heard(id: string, claim: Claim): void {
    const claims = this.#claims.get(id) ?? [];
    if (claims.some(({ position }) => position === claim.position)) return;
    claims.push(claim);
    if (claims.length > KEPT_CLAIMS) claims.shift();
    this.#claims.set(id, claims);
    this.#compare(claim.position);
  }

  gone(id: string): void {
    this.#claims.delete(id);
  }

  #compare(position: number): void {
    const own = this.#own.get(position);
    if (own === undefined || this.#isOdd) return;
    const others = [...this.parts.others()];
    const votes = new Map([[own, 1]]);
    let heard = 1;
    for (const id of others) {
      const claim = this.#claims.get(id)?.find((one) => one.position === position);
      if (!claim) continue;
      heard++;
      votes.set(claim.hash, (votes.get(claim.hash) ?? 0) + 1);
    }
    const nodes = others.length + 1;
    const most = Math.max(...votes.values());
    const isMajority = most * 2 > nodes;
    if (isMajority && votes.get(own) !== most) {
      this.#isOdd = true;
      this.parts.differs(position, true);
    } else if (!isMajority && heard === nodes && !this.#isTold) {
      this.#isTold = true;
      this.parts.differs(position, false);
    }
  }
}
