import { rmSync } from "node:fs";
import { join } from "node:path";
import { PROMISES } from "../src/verify/faults.ts";
import { type Break, breaks } from "./breaks.ts";
import { brokenCopy, lookInWorlds, ROOT, run } from "./broken-copy.ts";

// Breaks copies of the server on purpose, and asks verify and the simulated world to find out: `bun run scripts/break.ts [part of a name]`.
// Each must be found within a few attempts, since what breaks a promise does not do so at every moment.
const ATTEMPTS = 5;
const SECONDS = 6;
/** So many worlds from each seed. */
const WORLDS = 300;
const WORLD_SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** What verify says of the copy, once it has found the fault; undefined when it never does. */
async function find(one: Break, copy: string): Promise<string | undefined> {
  for (let seed = 1; seed <= ATTEMPTS; seed++) {
    const chaos = one.mishaps ? ["--mishaps", one.mishaps.join()] : ["--chaos"];
    const options = [...chaos, "--seconds", `${SECONDS}`, "--seed", `${seed}`];
    const { out, err, code } = await run(join(copy, "src/main.ts"), "verify", ...options);
    const lines = out.split("\n");
    const at = lines.findIndex((line) => line.startsWith(`  ${PROMISES[one.fault]} `));
    if (at < 0) throw new Error(`verify made no report: ${out}${err}`);
    const count = Number(lines[at]?.trim().split(/ +/).at(-1));
    if (code === 1 && count > 0) return `seed ${seed}: ${lines[at]?.trim()}\n      ${lines[at + 1]?.trim()}`;
  }
  return undefined;
}

/** Undefined when a seed leads to no world that shows it. What an unbroken server shows in the same worlds proves nothing. */
async function findInWorlds(one: Break, copy: string): Promise<string | undefined> {
  const found = await lookInWorlds(copy, one, WORLDS, WORLD_SEEDS);
  if (found.includes(0)) return undefined;
  const unbroken = await lookInWorlds(ROOT, one, Math.max(...found), WORLD_SEEDS);
  if (unbroken.some((world) => world > 0)) throw new Error(`an unbroken server does it too: ${one.fault}`);
  return `from each of ${found.length} seeds, in world ${found.join(", ")}`;
}

let missed = 0;
const [wanted = ""] = process.argv.slice(2);
for (const one of breaks.filter(({ name }) => name.includes(wanted))) {
  const copy = brokenCopy(one);
  try {
    const found = await find(one, copy);
    const inWorlds = await findInWorlds(one, copy);
    if (!found || !inWorlds) missed++;
    console.log(`${found ? "found " : "MISSED"}  a server that ${one.name}\n    ${found ?? ""}`);
    console.log(`    in the simulated world: ${inWorlds ? `found ${inWorlds}` : "MISSED"}`);
  } finally {
    rmSync(copy, { recursive: true });
  }
}
process.exit(missed === 0 ? 0 : 1);
