import { statSync, writeSync } from "node:fs";
import { CLEARED, DRAWN, ENDED, STEP, type Watched } from "./progress.ts";
import { progressLine } from "./progress-line.ts";

declare const self: Worker;

/** Looks while the main thread works, and cannot. */
self.onmessage = ({ data }: MessageEvent<Watched>) => {
  const { name, steps, file, bytes, signals, afterMs, everyMs } = data;
  const start = performance.now();
  let [step, stepStart] = [-1, start];
  for (;;) {
    const elapsed = performance.now() - start;
    const wait = elapsed < afterMs ? afterMs - elapsed : everyMs;
    if (Atomics.wait(signals, ENDED, 0, wait) !== "timed-out") break;
    const now = Atomics.load(signals, STEP);
    if (now !== step) [step, stepStart] = [now, now === 0 ? start : performance.now()];
    const size = step === 0 ? statSync(file, { throwIfNoEntry: false })?.size : undefined;
    const fraction = bytes && size !== undefined ? size / bytes : undefined;
    // Announced before it is drawn: who ends the work waits for the line to be cleared.
    Atomics.store(signals, DRAWN, 1);
    if (Atomics.load(signals, ENDED) !== 0) break;
    const progress = { what: `${name}: ${steps[step]}`, fraction, elapsed: performance.now() - stepStart };
    writeSync(2, `\r\u001b[K${progressLine(progress)}`);
  }
  if (Atomics.load(signals, DRAWN) !== 0) writeSync(2, "\r\u001b[K");
  Atomics.store(signals, CLEARED, 1);
  Atomics.notify(signals, CLEARED);
};
