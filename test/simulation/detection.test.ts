import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import fc from "fast-check";
import { createMutant, searchSimulations } from "../../scripts/mutant.ts";
import { mutations } from "../../scripts/mutations.ts";
import { actions } from "./actions.ts";
import { Simulation } from "./simulation.ts";

// A simulation in which nothing goes wrong finds nothing, and passes like one in which every promise is kept.

const SEED = 1;
/** Every mutation was found within 50 from each of 20 seeds. */
const SIMULATIONS = 100;

test.each(mutations.filter(({ isOutside }) => !isOutside))(
  "a server that $name is detected",
  async (mutation) => {
    const mutant = createMutant(mutation);
    try {
      const [found] = await searchSimulations(mutant, mutation, SIMULATIONS, [SEED]);
      expect(found).toBeGreaterThan(0);
    } finally {
      rmSync(mutant, { recursive: true });
    }
  },
);

// From this seed, direct messages of diet are confirmed and lost before the first fault: their inbox is read for half a minute.
test("a confirmed direct message that is lost is detected", async () => {
  const [mutation] = mutations;
  const mutant = createMutant(mutation!);
  try {
    const [found] = await searchSimulations(mutant, mutation!, SIMULATIONS, [5]);
    expect(found).toBeGreaterThan(0);
  } finally {
    rmSync(mutant, { recursive: true });
  }
}, 60_000);

const FEW = 60;
/** What has to happen in a few simulations, and how often at least: a third of the measured number. */
const HAPPENS = {
  // Every contract that has users without access refuses them.
  "atomic error Access denied to context": 400,
  "collaboration error Access denied": 30,
  "diet error FORBIDDEN": 12,
  "gurukul error 403": 60,
  "hyperfocus error FORBIDDEN": 30,
  "members removed": 6,
  "closed 1008 Backpressure": 10,
  "closed 1008 No longer in the context": 6,
  "closed cut": 40,
  "closed crashed": 600,
  "commits failed": 9,
  crashes: 10,
  "crashes before a commit": 5,
  "crashes after a commit": 7,
  "jumps of the clock": 10,
  "discord post without answer": 20,
  "messages heard": 4_000,
  "messages said again": 1_500,
};

test("a few simulations contain the events that the promises are about", async () => {
  const counts = new Map<string, number>();
  for (const script of fc.sample(actions, { seed: SEED, numRuns: FEW })) {
    for (const [what, times] of (await Simulation.run(script)).counts) {
      counts.set(what, (counts.get(what) ?? 0) + times);
    }
  }
  const rare = Object.entries(HAPPENS).filter(([what, least]) => (counts.get(what) ?? 0) < least);
  expect(rare.map(([what, least]) => `${what}: ${counts.get(what) ?? 0} of ${least}`)).toEqual([]);
}, 60_000);
