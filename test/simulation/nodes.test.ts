import { test } from "bun:test";
import fc from "fast-check";
import { PROMISES } from "../../src/verify/faults.ts";
import { nodeActions } from "./actions.ts";
import { type Action, Simulation } from "./simulation.ts";

/** `NODES_RUNS=2000 bun test test/simulation/nodes.test.ts` searches longer. */
const RUNS = Number(process.env["NODES_RUNS"] ?? 6);
const SEED = process.env["NODES_SEED"];

/** Milliseconds by which the clocks of the nodes are wrong. */
const skew = fc.integer({ min: -10_000, max: 10_000 });

async function holds(actions: readonly Action[], skews: readonly [number, number, number]): Promise<void> {
  const { faults } = await Simulation.run(actions, skews);
  if (faults.held) return;
  const found = (Object.keys(PROMISES) as (keyof typeof PROMISES)[])
    .filter((fault) => faults.count(fault) > 0)
    .map((fault) => `${PROMISES[fault]}: ${faults.examples(fault)[0]}`);
  const script = actions.map((one) => `  ${JSON.stringify(one)},\n`).join("");
  throw new Error(`${found.join("\n")}\nawait holds([\n${script}], ${JSON.stringify(skews)});`);
}

// A resumer was once told that its offset does not exist, by a node that had not applied it yet.
test("who resumes on a node that is behind the one that they come from is told what they missed, once that has caught up", async () => {
  await holds([{ what: "flood", who: 60, much: 50 }], [0, 0, 0]);
});

test(
  "three nodes on one log keep the promises through random faults, and come to the same rows",
  async () => {
    await fc.assert(fc.asyncProperty(nodeActions, fc.tuple(skew, skew, skew), holds), {
      numRuns: RUNS,
      ...(SEED === undefined ? {} : { seed: Number(SEED) }),
      reporter({ failed, seed, errorInstance }) {
        if (failed) throw new Error(`NODES_SEED=${seed}`, { cause: errorInstance });
      },
    });
  },
  Math.max(120_000, 4_000 * RUNS),
);
