import type { Hear } from "../dialect.ts";

/**
 * For protocols whose messages end where they like in the frames. `take` is given what is there and returns where the
 * message that begins at `at` ends, after it has told of it; -1 while it is not whole.
 */
export function streamed(take: (bytes: Buffer, at: number, end: number) => number): Hear {
  let held: Buffer | undefined;
  const walk = (bytes: Buffer, start: number, end: number): void => {
    let at = start;
    while (at < end) {
      const next = take(bytes, at, end);
      if (next < 0) break;
      at = next;
    }
    held = at < end ? Buffer.from(bytes.subarray(at, end)) : undefined;
  };
  return (bytes, start, end) => {
    if (!held) return walk(bytes, start, end);
    const whole = Buffer.concat([held, bytes.subarray(start, end)]);
    walk(whole, 0, whole.length);
  };
}
