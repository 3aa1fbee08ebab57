/**
 * `bun run bench/guard.ts [--update]`: has the server become slower? Compares its CPU with a bare Bun.serve's of the same
 * minute, and that ratio with the one in guard.json. Exit code 1 when it has. See README.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Contender, contend } from "./contest.ts";
import { type Costs, judge, MARGIN, MAX_SPREAD, type Verdict } from "./guard-verdict.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import { doubts } from "./table.ts";

const FILE = join(import.meta.dir, "guard.json");
const ROUND_MS = 600;
const ROUNDS = 6;
/** Of a scenario that does not look fine at first. */
const MORE_ROUNDS = 6;
const GUARDED = ["fan-out", "many-rooms"];

interface Rounds extends Costs {
  readonly bare: number[];
  readonly ours: number[];
  /** In how many the machine was busy, or the load generator at its end. */
  doubted: number;
}

async function measure(scenario: Scenario, stored: number): Promise<Verdict> {
  await using processes = new AsyncDisposableStack();
  const contest = { name: scenario.name, servers: [], figures: [], ms: ROUND_MS };
  const files = { load: "load.ts", told: { scenario }, bare: "bare.ts" };
  const bare = await contend("bare", { ...contest, ...files }, processes);
  const ours = await contend("NORMAL", { ...contest, ...files }, processes);
  for (const contender of [bare, ours]) await contender.play(2 * ROUND_MS);
  const costs: Rounds = { bare: [], ours: [], doubted: 0 };
  await play(ROUNDS, bare, ours, costs);
  if (judge(costs, stored).says !== "fine") await play(MORE_ROUNDS, bare, ours, costs);
  show(scenario.name, costs);
  return judge(costs, stored);
}

/** In turns, so that a machine that drifts meets both alike. */
async function play(rounds: number, bare: Contender, ours: Contender, costs: Rounds): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const [contender, into] of [
      [bare, costs.bare],
      [ours, costs.ours],
    ] as const) {
      const played = await contender.play(ROUND_MS);
      into.push(played.serverCpuNs / played.deliveries);
      if (doubts(played).length > 0) costs.doubted++;
    }
  }
}

function show(name: string, { bare, ours, doubted }: Rounds): void {
  const list = (values: readonly number[]) => values.map((value) => Math.round(value)).join(" ");
  console.log(`${name}: CPU ns a delivery, round by round: bare ${list(bare)}; switchboard ${list(ours)}`);
  if (doubted > 0) {
    console.log(`${name}: in ${doubted} of ${bare.length + ours.length} rounds others ran on these cores`);
  }
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

function tell(name: string, { ratio, spread, says }: Verdict, stored: number): void {
  const figures = `${ratio.toFixed(2)} × bare, ${stored.toFixed(2)} is stored and ${(stored * (1 + MARGIN)).toFixed(2)} the limit`;
  if (says === "fine") console.log(`${name}: fine. ${figures}`);
  else if (says === "slower") console.error(`${name}: SLOWER. ${figures}`);
  else {
    console.error(
      `${name}: THE MACHINE IS TOO BUSY TO TELL, AND NOTHING IS GUARDED. ${figures}, but the calmer`,
    );
    console.error(
      `half of bare's own rounds are ${percent(spread)} apart (${percent(MAX_SPREAD)} would do).`,
    );
  }
}

const { values } = parseArgs({ options: { update: { type: "boolean", default: false } } });
const stored: Record<string, number> = JSON.parse(readFileSync(FILE, "utf8"));
const measured: Record<string, number> = {};
for (const name of GUARDED) {
  const scenario = scenarios.find((one) => one.name === name);
  const limit = stored[name];
  if (!scenario || (limit === undefined && !values.update)) throw new Error(`guard.json knows no ${name}`);
  const verdict = await measure(scenario, limit ?? 0);
  measured[name] = Number(verdict.ratio.toFixed(2));
  if (values.update && verdict.spread > MAX_SPREAD) {
    throw new Error(`${name}: bare's own rounds are ${percent(verdict.spread)} apart: not now`);
  }
  if (!values.update) tell(name, verdict, limit ?? 0);
  if (!values.update && verdict.says === "slower") process.exitCode = 1;
}
if (values.update) {
  writeFileSync(FILE, `${JSON.stringify(measured, undefined, 2)}\n`);
  console.log(`stored ${JSON.stringify(measured)}`);
}
