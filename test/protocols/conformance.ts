import { describe, test } from "bun:test";
import { admission } from "./cases/admission.ts";
import { endings } from "./cases/endings.ts";
import { messages } from "./cases/messages.ts";
import type { Samples } from "./samples.ts";

const cases = { ...admission, ...messages, ...endings };

/** Cases that do not fit a protocol, each with the reason, which is printed. */
export type Skips = Partial<Record<keyof typeof cases, string>>;

/** A busy machine is slow, not wrong: several cases fill the buffers of a kernel. */
const PATIENCE_MS = 30_000;

/** The suite that every protocol passes. Each case has servers of its own, so none depends on another. */
export function conformance(name: string, samples: Samples, skips: Skips = {}): void {
  const reasons: Record<string, string | undefined> = skips;
  describe(`every protocol, so ${name} too,`, () => {
    for (const [sentence, run] of Object.entries(cases)) {
      const reason = reasons[sentence];
      if (reason === undefined) test(sentence, () => run(samples), PATIENCE_MS);
      else test.skip(`${sentence} (skipped: ${reason})`, () => {});
    }
  });
}
