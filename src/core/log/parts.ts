import type { Step } from "./step.ts";

/** Turns that wait merge into one batch up to these. */
export const BATCH_STEPS = 1_024;
export const BATCH_BYTES = 4 * 1_048_576;
/** What one message or request asks for, beyond this, fits into no batch: servers of a log take 8 MiB, with what surrounds the entries. */
export const MAX_BATCH_BYTES = 8 * 1_048_576 - 65_536;

export interface Part {
  readonly steps: readonly Step[];
  readonly bytes: number;
}

const sizeOf = ({ entry }: Step): number => (entry ? Buffer.byteLength(JSON.stringify(entry)) : 0);

/** Bytes of these steps in a batch. */
export const bytesOf = (steps: readonly Step[]): number => steps.reduce((sum, step) => sum + sizeOf(step), 0);

/** A turn in parts that fit into a batch, cut between two messages. */
export function partsOf(steps: readonly Step[]): Part[] {
  const sizes = steps.map(sizeOf);
  const whole = { steps, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  if (whole.bytes <= BATCH_BYTES) return [whole];
  const parts: Part[] = [];
  let [from, bytes] = [0, 0];
  let [start, size] = [0, 0];
  /** What the message from `start` on asks for ends before this place. */
  const endMessage = (end: number) => {
    if (start > from && bytes + size > BATCH_BYTES) {
      parts.push({ steps: steps.slice(from, start), bytes });
      [from, bytes] = [start, 0];
    }
    bytes += size;
    [start, size] = [end, 0];
  };
  for (const [at, step] of steps.entries()) {
    if (at > 0 && step.completion?.message !== undefined && !areOfOneMessage(step, steps[at - 1]))
      endMessage(at);
    size += sizes[at]!;
  }
  endMessage(steps.length);
  parts.push({ steps: steps.slice(from), bytes });
  return parts;
}

export const areOfOneMessage = ({ completion: one }: Step, other: Step | undefined): boolean =>
  one?.message !== undefined &&
  one.message === other?.completion?.message &&
  one.connection === other.completion.connection;
