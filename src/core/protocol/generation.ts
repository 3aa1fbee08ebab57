/**
 * A server that starts with a restored backup has lost what was stored after the backup, and clients and consumers
 * may know of it. So its positions go on at the next multiple of this: no position, and no number on the wire, ever
 * stands for two events.
 */
const GENERATION = 1_000_000_000_000;

export const generationOf = (position: number): number => Math.floor(position / GENERATION);

/** The first position of a generation; the first event comes after it. */
export const startOf = (generation: number): number => generation * GENERATION;

/** The number that an event has on the wire: its offset; in a later generation that many more. */
export const numberOf = ({
  offset,
  position,
}: {
  readonly offset: number;
  readonly position: number;
}): number => offset + startOf(generationOf(position));
