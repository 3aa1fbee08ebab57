import type { Scratch } from "../../src/core/ports/scratch.ts";

/** A scratch file in memory. */
export function createMemoryScratch(): Scratch {
  const pieces = new Map<number, Int32Array>();
  let end = 0;
  const pieceAt = (position: number) => {
    for (const [start, words] of pieces) {
      if (position >= start && position < start + words.byteLength) return { start, words };
    }
    throw new Error(`nothing at ${position}`);
  };
  return {
    write(words) {
      const position = end;
      end += words.byteLength;
      pieces.set(position, words.slice());
      return position;
    },
    read(position, into) {
      const { start, words } = pieceAt(position);
      const from = (position - start) / Int32Array.BYTES_PER_ELEMENT;
      into.set(words.subarray(from, from + into.length));
    },
    free: (position) => void pieces.delete(position),
  };
}
