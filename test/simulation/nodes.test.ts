import { expect, test } from "bun:test";
import fc from "fast-check";
import { PROMISES } from "../../src/verify/faults.ts";
import { type Action, nodeRuns } from "./actions.ts";
import type { Skews } from "./fleet.ts";
import { Simulation } from "./simulation.ts";

/** `NODES_RUNS=2000 bun test test/simulation/nodes.test.ts` searches longer. */
const RUNS = Number(process.env["NODES_RUNS"] ?? 4);
const SEED = process.env["NODES_SEED"];

let compared = 0;

async function holds(actions: readonly Action[], skews: Skews, followers: Skews): Promise<void> {
  const { counts, faults } = await Simulation.run(actions, skews, followers);
  compared += counts.get("frames compared") ?? 0;
  if (faults.held) return;
  const found = (Object.keys(PROMISES) as (keyof typeof PROMISES)[])
    .filter((fault) => faults.count(fault) > 0)
    .map((fault) => `${PROMISES[fault]}: ${faults.examples(fault)[0]}`);
  const script = actions.map((one) => `  ${JSON.stringify(one)},\n`).join("");
  throw new Error(
    `${found.join("\n")}\nawait holds([\n${script}], ${JSON.stringify(skews)}, ${JSON.stringify(followers)});`,
  );
}

test("rooms that were silent for so long that a node has forgotten them are the same on all nodes", async () => {
  const at = { who: 0, much: 0 };
  const talk = [0, 1, 2, 5, 6, 7].flatMap((who) => [
    { what: "speak", who, much: 0 } as const,
    { what: "repeat", who, much: who } as const,
    { what: "turn", who: 0, much: 0 } as const,
    { what: "turn", who: 1, much: 0 } as const,
  ]);
  const restart = { what: "crash", who: 2, much: 0 } as const;
  await holds([...talk, { what: "silence", ...at }, restart, ...talk], [0, 9_000], [-4_000, 0]);
}, 120_000);

test(
  "nodes on one log keep the promises through random faults, come to the same rows, and tell the same of it",
  async () => {
    await fc.assert(
      fc.asyncProperty(nodeRuns, (run) => holds(...run)),
      {
        numRuns: RUNS,
        ...(SEED === undefined ? {} : { seed: Number(SEED) }),
        reporter({ failed, seed, errorInstance }) {
          if (failed) throw new Error(`NODES_SEED=${seed}`, { cause: errorInstance });
        },
      },
    );
    expect(compared).toBeGreaterThan(RUNS);
  },
  Math.max(120_000, 15_000 * RUNS),
);
