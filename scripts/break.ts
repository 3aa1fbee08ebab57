import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { PROMISES } from "../src/verify/faults.ts";
import { type Break, breaks } from "./breaks.ts";

// Breaks copies of the server on purpose, and asks verify and the simulated world to find out: `bun run scripts/break.ts [part of a name]`.
// Each must be found within a few attempts, since what breaks a promise does not do so at every moment.
const ROOT = resolve(import.meta.dir, "..");
const ATTEMPTS = 5;
const SECONDS = 6;

function brokenCopy({ changes }: Break): string {
  const copy = mkdtempSync(join(tmpdir(), "switchboard-broken-"));
  for (const part of ["src", "test", "drizzle", "package.json", "tsconfig.json"]) {
    cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  for (const { file, from, to } of changes) {
    const source = readFileSync(join(copy, file), "utf8");
    if (source.split(from).length !== 2) throw new Error(`${file} does not hold this once: ${from}`);
    writeFileSync(
      join(copy, file),
      source.replace(from, () => to),
    );
  }
  return copy;
}

/** What verify says of the copy, once it has found the fault; undefined when it never does. */
async function find(one: Break, copy: string): Promise<string | undefined> {
  for (let seed = 1; seed <= ATTEMPTS; seed++) {
    const chaos = one.mishaps ? ["--mishaps", one.mishaps.join()] : ["--chaos"];
    const options = [...chaos, "--seconds", `${SECONDS}`, "--seed", `${seed}`];
    const child = Bun.spawn([process.execPath, "run", join(copy, "src/main.ts"), "verify", ...options], {
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    const lines = out.split("\n");
    const at = lines.findIndex((line) => line.startsWith(`  ${PROMISES[one.fault]} `));
    if (at < 0) throw new Error(`verify made no report: ${out}${err}`);
    const count = Number(lines[at]?.trim().split(/ +/).at(-1));
    if (code === 1 && count > 0) return `seed ${seed}: ${lines[at]?.trim()}\n      ${lines[at + 1]?.trim()}`;
  }
  return undefined;
}

/** How the simulated world ends in the copy. */
async function isFoundInWorld(copy: string): Promise<boolean> {
  const child = Bun.spawn([process.execPath, "test", "test/world"], {
    cwd: copy,
    env: { ...process.env, WORLD_RUNS: "300" },
    stdout: "ignore",
    stderr: "ignore",
  });
  return (await child.exited) !== 0;
}

let missed = 0;
const [wanted = ""] = process.argv.slice(2);
for (const one of breaks.filter(({ name }) => name.includes(wanted))) {
  const copy = brokenCopy(one);
  try {
    const found = await find(one, copy);
    const inWorld = one.isUnseenInWorld ? "unseen" : (await isFoundInWorld(copy)) ? "found" : "MISSED";
    if (!found || inWorld === "MISSED") missed++;
    console.log(`${found ? "found " : "MISSED"}  a server that ${one.name}\n    ${found ?? ""}`);
    console.log(`    in the simulated world: ${inWorld}`);
  } finally {
    rmSync(copy, { recursive: true });
  }
}
process.exit(missed === 0 ? 0 : 1);
