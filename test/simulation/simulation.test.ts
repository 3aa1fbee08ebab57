import { expect, test } from "bun:test";
import fc from "fast-check";
import { PROMISES } from "../../src/verify/faults.ts";
import { type Action, actions } from "./actions.ts";
import { Simulation } from "./simulation.ts";

/** `SIMULATION_RUNS=5000 bun test test/simulation` searches longer. */
const RUNS = Number(process.env["SIMULATION_RUNS"] ?? 60);
const SEED = process.env["SIMULATION_SEED"];

/** A failure prints this, to be pasted here. */
const script = (actions: readonly Action[]): string =>
  `await holds([\n${actions.map((one) => `  ${JSON.stringify(one)},\n`).join("")}]);`;

async function holds(actions: Action[]): Promise<void> {
  const { faults } = await Simulation.run(actions);
  if (faults.held) return;
  const found = (Object.keys(PROMISES) as (keyof typeof PROMISES)[])
    .filter((fault) => faults.count(fault) > 0)
    .map((fault) => `${PROMISES[fault]}: ${faults.examples(fault)[0]}`);
  throw new Error(`${found.join("\n")}\n${script(actions)}`);
}

test(
  "a server keeps its promises through random faults",
  async () => {
    await fc.assert(fc.asyncProperty(actions, holds), {
      numRuns: RUNS,
      ...(SEED === undefined ? {} : { seed: Number(SEED) }),
      // The script of a failure suffices; fast-check would print the same at length.
      reporter({ failed, seed, errorInstance }) {
        if (failed) throw new Error(`SIMULATION_SEED=${seed}`, { cause: errorInstance });
      },
    });
  },
  Math.max(60_000, 1_000 * RUNS),
);

// A client that connected in a turn that could not be committed was once shown a message of that turn.
test("a direct message that could not be stored is not queued for its user", async () => {
  const at = { who: 0, much: 0 };
  await holds([
    { what: "cut", ...at },
    { what: "speak", ...at },
    { what: "cut", who: 42, much: 0 },
    { what: "connect", ...at },
    { what: "fail", ...at },
    { what: "turn", ...at },
  ]);
});

// A bound of 160 KiB on what waits for a token's check once kept such a client out for good.
test("who comes back with much to send gets in", async () => {
  await holds([
    { what: "flood", who: 0, much: 0 },
    { what: "flood", who: 2, much: 0 },
  ]);
});

// Pages of missed events that were read within a turn that failed were once told to those who resumed after it.
test("what was read within a turn that failed is told to nobody who resumes", async () => {
  const at = { who: 0, much: 0 };
  await holds([
    { what: "crash", ...at },
    { what: "speak", who: 47, much: 0 },
    { what: "connect", ...at },
    { what: "fail", ...at },
    { what: "turn", ...at },
    { what: "speak", who: 20, much: 0 },
  ]);
});

// A member was once let in by a connection that opened in the turn of their removal.
test("a member who connects while being removed is not in the room", async () => {
  const at = { who: 0, much: 0 };
  await holds([
    { what: "speak", ...at },
    { what: "crash after the commit", ...at },
    { what: "turn", ...at },
    { what: "shuffle", ...at },
    { what: "connect", ...at },
    { what: "turn", ...at },
    { what: "read", who: 1, much: 2 },
    { what: "speak", who: 1, much: 0 },
  ]);
});

test("a simulation without actions keeps the promises", async () => {
  expect((await Simulation.run([])).faults.held).toBe(true);
});
