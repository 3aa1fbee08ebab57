import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { play } from "./model-play.ts";
import { script } from "./model-script.ts";

const RUNS = Number(process.env["DIET_RUNS"] ?? 150);
const seed = Number(process.env["DIET_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

// Some seconds where nobody else wants the processor.
setDefaultTimeout(60_000 + RUNS * 500);

const clock = new FakeClock();
const server = stopAfterAll(await startTestServer({ clock, env: { LOG_LEVEL: "error" } }));

test("everybody hears what is for them, once, and nothing else, through random actions of users and backends", async () => {
  console.log(`DIET_SEED=${seed}`);
  const plays = fc.asyncProperty(script, (steps) => play(server, clock, steps));
  await fc.assert(plays, { seed, numRuns: RUNS, endOnFailure: process.env["DIET_SHRINK"] === "0" });
  expect(server.lines).toEqual([]);
});
