import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Mutation } from "./mutations.ts";

/** The unchanged server. */
export const ROOT = resolve(import.meta.dir, "..");

/** Copies the server and its tests, applies the changes, and returns the path. The caller removes it. */
export function createMutant({ changes }: Pick<Mutation, "changes">): string {
  const copy = mkdtempSync(join(tmpdir(), "switchboard-mutant-"));
  for (const part of [
    "src",
    "packages/client/src",
    "test",
    "docs/adding-a-contract.md",
    "drizzle",
    "package.json",
    "tsconfig.json",
  ]) {
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

/** For each seed, the number of the first simulation that broke the promise, counted from 1; 0: none did. */
export async function searchSimulations(
  root: string,
  servers: "server" | "nodes",
  { fault }: Pick<Mutation, "fault">,
  simulations: number,
  seeds: readonly number[],
): Promise<number[]> {
  const options = [servers, fault, simulations, ...seeds].map(String);
  const { out, err, code } = await run(join(root, "test/simulation/search.ts"), ...options);
  if (code !== 0) throw new Error(`the search of the simulations failed: ${err}`);
  return out.trim().split("\n").map(Number);
}

/** Runs a program to its end. */
export const run = (file: string, ...options: string[]) => spawn(ROOT, "run", file, ...options);

/** Runs a file of tests to its end. */
export const runTest = (root: string, file: string) => spawn(root, "test", "--timeout", "600000", file);

async function spawn(cwd: string, ...options: string[]) {
  const child = Bun.spawn([process.execPath, ...options], { cwd, stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { out, err, code };
}
