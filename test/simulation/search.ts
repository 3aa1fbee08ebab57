import fc from "fast-check";
import { type Fault, PROMISES } from "../../src/verify/faults.ts";
import { actions } from "./actions.ts";
import { Simulation } from "./simulation.ts";

// Searches the first simulations from each seed for one that breaks a promise:
// `bun run test/simulation/search.ts <fault> <simulations> <seed>...`. Prints its number for each seed, counted from 1; 0: none does.
const [wanted, simulations, ...seeds] = process.argv.slice(2);
const fault = (Object.keys(PROMISES) as Fault[]).find((fault) => fault === wanted);
if (!fault) throw new Error(`unknown fault ${wanted}: must be one of ${Object.keys(PROMISES).join(", ")}`);

async function search(fault: Fault, seed: number): Promise<number> {
  const scripts = fc.sample(actions, { seed, numRuns: Number(simulations) });
  for (const [n, script] of scripts.entries()) {
    if ((await Simulation.run(script)).faults.count(fault) > 0) return n + 1;
  }
  return 0;
}

for (const seed of seeds) console.log(await search(fault, Number(seed)));
