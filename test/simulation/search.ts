import fc from "fast-check";
import { type Fault, PROMISES } from "../../src/verify/faults.ts";
import { actions, nodeRuns } from "./actions.ts";
import { Simulation } from "./simulation.ts";

// Searches the first simulations from each seed for one that breaks a promise:
// `bun run test/simulation/search.ts server|nodes <fault> <simulations> <seed>...`. Prints its number for each seed, counted
// from 1; 0: none does.
const [servers, wanted, simulations, ...seeds] = process.argv.slice(2);
const fault = (Object.keys(PROMISES) as Fault[]).find((fault) => fault === wanted);
if (!fault) throw new Error(`unknown fault ${wanted}: must be one of ${Object.keys(PROMISES).join(", ")}`);

async function search(fault: Fault, seed: number): Promise<number> {
  const sample = { seed, numRuns: Number(simulations) };
  const runs =
    servers === "nodes"
      ? fc.sample(nodeRuns, sample).map((run) => () => Simulation.run(...run))
      : fc.sample(actions, sample).map((script) => () => Simulation.run(script));
  for (const [n, run] of runs.entries()) {
    // A broken server may end by itself. That says nothing of the promise.
    const simulation = await run().catch(() => undefined);
    if (simulation && simulation.faults.count(fault) > 0) return n + 1;
  }
  return 0;
}

for (const seed of seeds) console.log(await search(fault, Number(seed)));
