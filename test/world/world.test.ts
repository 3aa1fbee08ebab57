import { expect, test } from "bun:test";
import fc from "fast-check";
import { PROMISES } from "../../src/verify/faults.ts";
import { moves } from "./moves.ts";
import { type Move, World } from "./world.ts";

/** So many worlds; `WORLD_RUNS=5000 bun test test/world` for a longer look. */
const RUNS = Number(process.env["WORLD_RUNS"] ?? 60);
const SEED = process.env["WORLD_SEED"];

/** What a failure prints: to be pasted here. */
const script = (moves: readonly Move[]): string =>
  `await holds([\n${moves.map((one) => `  ${JSON.stringify(one)},\n`).join("")}]);`;

async function holds(moves: Move[]): Promise<void> {
  const { faults } = await World.play(moves);
  if (faults.held) return;
  const found = (Object.keys(PROMISES) as (keyof typeof PROMISES)[])
    .filter((fault) => faults.count(fault) > 0)
    .map((fault) => `${PROMISES[fault]}: ${faults.examples(fault)[0]}`);
  throw new Error(`${found.join("\n")}\n${script(moves)}`);
}

test(
  "whatever happens to a server, its promises hold",
  async () => {
    await fc.assert(fc.asyncProperty(moves, holds), {
      numRuns: RUNS,
      ...(SEED === undefined ? {} : { seed: Number(SEED) }),
      // The script of a failure says all; what fast-check would print is the same, longer.
      reporter({ failed, seed, errorInstance }) {
        if (failed) throw new Error(`WORLD_SEED=${seed}`, { cause: errorInstance });
      },
    });
  },
  Math.max(60_000, 1_000 * RUNS),
);

// Who comes in a turn that cannot be committed was once shown what another had said in it.
test("a direct message that could not be stored is not what waits for its user", async () => {
  const at = { who: 0, much: 0 };
  await holds([
    { what: "cut", ...at },
    { what: "speak", ...at },
    { what: "cut", who: 42, much: 0 },
    { what: "come", ...at },
    { what: "fail", ...at },
    { what: "turn", ...at },
  ]);
});

test("nothing happens in a world without moves", async () => {
  expect((await World.play([])).faults.held).toBe(true);
});
