import { type Progress, progressLine } from "./progress-line.ts";

/** Work that is done sooner shows nothing. */
const AFTER_MS = 2_000;
const EVERY_MS = 200;
const CLEARING_MS = 1_000;

/** Places in the memory that the worker shares. */
export const [ENDED, DRAWN, CLEARED, STEP] = [0, 1, 2, 3] as const;

export interface Blocking {
  /** The command. */
  readonly name: string;
  /** What it does, one after another. */
  readonly steps: readonly string[];
  /** The file that the first step makes, and how many bytes it will have, when that is known. */
  readonly file: string;
  readonly bytes?: number | undefined;
}

export interface Watched extends Blocking {
  readonly signals: Int32Array;
  readonly afterMs: number;
  readonly everyMs: number;
}

/**
 * Shows on a terminal how far work has come that keeps this thread busy, as SQLite does: another thread looks and
 * draws. The work says with `at` which step it is at. In a pipe nothing is shown and no thread is started.
 */
export function whileShowing<T>(
  blocking: Blocking,
  work: (at: (step: number) => void) => T,
  afterMs = AFTER_MS,
): T {
  if (!process.stderr.isTTY) return work(() => {});
  const signals = new Int32Array(new SharedArrayBuffer(16));
  // The bundler does not follow this: scripts/build.ts lays the file where it is looked for.
  const worker = new Worker(new URL("./progress-worker.ts", import.meta.url).href, {
    ref: false,
    smol: true,
  });
  worker.postMessage({ ...blocking, signals, afterMs, everyMs: EVERY_MS } satisfies Watched);
  try {
    return work((step) => Atomics.store(signals, STEP, step));
  } finally {
    Atomics.store(signals, ENDED, 1);
    Atomics.notify(signals, ENDED);
    // What the command prints next must not stand behind the line.
    if (Atomics.load(signals, DRAWN) !== 0) Atomics.wait(signals, CLEARED, 0, CLEARING_MS);
    worker.terminate();
  }
}

/** Shows on a terminal how far work has come that leaves this thread free. Call what it returns at the end. */
export function show(progress: () => Progress, stream: NodeJS.WriteStream = process.stderr): () => void {
  if (!stream.isTTY) return () => {};
  const start = performance.now();
  let isDrawn = false;
  const timer = setInterval(() => {
    if (performance.now() - start < AFTER_MS) return;
    isDrawn = true;
    stream.write(`\r\u001b[K${progressLine(progress())}`);
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    if (isDrawn) stream.write("\r\u001b[K");
  };
}
