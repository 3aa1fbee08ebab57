/** A node, as far as owning goes. */
export interface Candidate {
  readonly id: string;
  /** It stops, or differs from the others: it does nothing for them any more. */
  readonly draining: boolean;
}

/**
 * How many live nodes come before this one for work that one node does for all, by rendezvous hashing: each node
 * decides alike, and when one goes, only its work moves. 0: the work is this node's.
 */
export function rankOf(work: string, own: Candidate, others: Iterable<Candidate>): number {
  const weight = weightOf(own.id, work);
  let rank = 0;
  for (const { id, draining } of others) {
    if (draining) continue;
    const other = weightOf(id, work);
    if (own.draining || other > weight || (other === weight && id < own.id)) rank++;
  }
  return rank;
}

const weightOf = (id: string, work: string): number => Bun.hash.xxHash32(`${id} ${work}`);
