import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import fc from "fast-check";
import { breaks } from "../../scripts/breaks.ts";
import { brokenCopy, lookInWorlds } from "../../scripts/broken-copy.ts";
import { moves } from "./moves.ts";
import { World } from "./world.ts";

// A world in which nothing can go wrong finds nothing, and looks as one in which all is well.

const SEED = 1;
/** Every break has been found within 50 from each of 20 seeds. */
const WORLDS = 100;

test.each([...breaks])("a server that $name is found out", async (one) => {
  const copy = brokenCopy(one);
  try {
    const [found] = await lookInWorlds(copy, one, WORLDS, [SEED]);
    expect(found).toBeGreaterThan(0);
  } finally {
    rmSync(copy, { recursive: true });
  }
});

const FEW = 60;
/** What has to happen in a few worlds, and how often at least: a third of what does. */
const HAPPENS = {
  // Strangers are turned away, by every contract that has some.
  "atomic error Access denied to context": 400,
  "collaboration error Access denied": 30,
  "diet error FORBIDDEN": 12,
  "gurukul error 403": 60,
  "hyperfocus error FORBIDDEN": 30,
  "members removed": 6,
  "closed 1008 Backpressure": 10,
  "closed 1008 No longer in the context": 6,
  "closed cut": 40,
  "closed dead": 600,
  "commits failed": 9,
  deaths: 10,
  "deaths before a commit": 5,
  "deaths after a commit": 7,
  "jumps of the clock": 10,
  "discord post without answer": 20,
  "messages heard": 4_000,
  "messages said again": 1_500,
};

test("in a few worlds happens what the promises are about", async () => {
  const counts = new Map<string, number>();
  for (const script of fc.sample(moves, { seed: SEED, numRuns: FEW })) {
    for (const [what, times] of (await World.play(script)).counts) {
      counts.set(what, (counts.get(what) ?? 0) + times);
    }
  }
  const rare = Object.entries(HAPPENS).filter(([what, least]) => (counts.get(what) ?? 0) < least);
  expect(rare.map(([what, least]) => `${what}: ${counts.get(what) ?? 0} of ${least}`)).toEqual([]);
});
