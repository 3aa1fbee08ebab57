import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Scratch } from "../core/ports/scratch.ts";

/**
 * A scratch file in this folder, created when it is first written to. It has no name, so nothing is left of it however
 * the process ends. Each piece occupies a power of two, so that a later piece fits into the place of a freed one.
 */
export function openScratch(directory: string): Scratch & { close(): void } {
  let file: number | undefined;
  let end = 0;
  const freed = new Map<number, number[]>();

  function open(): number {
    const path = join(directory, `.scratch-${crypto.randomUUID()}`);
    file = openSync(path, "wx+", 0o600);
    unlinkSync(path);
    return file;
  }
  function free(position: number, words: number): void {
    const size = sizeOf(words);
    const places = freed.get(size);
    if (places) places.push(position);
    else freed.set(size, [position]);
  }
  const sizeOf = (words: number) => 2 ** Math.ceil(Math.log2(words * Int32Array.BYTES_PER_ELEMENT));

  return {
    write(words) {
      const to = file ?? open();
      const size = sizeOf(words.length);
      const position = freed.get(size)?.pop() ?? end;
      try {
        for (let done = 0; done < words.byteLength; ) {
          done += writeSync(to, words, done, words.byteLength - done, position + done);
        }
      } catch (error) {
        if (position !== end) free(position, words.length);
        throw error;
      }
      if (position === end) end += size;
      return position;
    },
    read(position, into) {
      const got = file === undefined ? 0 : readSync(file, into, 0, into.byteLength, position);
      if (got !== into.byteLength) throw new Error(`scratch file: ${got} of ${into.byteLength} bytes read`);
    },
    free,
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
