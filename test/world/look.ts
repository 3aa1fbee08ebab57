import fc from "fast-check";
import { type Fault, PROMISES } from "../../src/verify/faults.ts";
import { moves } from "./moves.ts";
import { World } from "./world.ts";

// Looks from each seed, through so many worlds, for the first in which this promise is broken:
// `bun run test/world/look.ts <fault> <worlds> <seed>...`. Prints its number for each seed, counted from 1; 0 for none.
const [wanted, worlds, ...seeds] = process.argv.slice(2);
const fault = (Object.keys(PROMISES) as Fault[]).find((fault) => fault === wanted);
if (!fault) throw new Error(`no promise is called ${wanted}`);

async function look(fault: Fault, seed: number): Promise<number> {
  const scripts = fc.sample(moves, { seed, numRuns: Number(worlds) });
  for (const [n, script] of scripts.entries()) {
    if ((await World.play(script)).faults.count(fault) > 0) return n + 1;
  }
  return 0;
}

for (const seed of seeds) console.log(await look(fault, Number(seed)));
