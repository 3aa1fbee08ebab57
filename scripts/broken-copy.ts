import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Break } from "./breaks.ts";

/** The server as it is. */
export const ROOT = resolve(import.meta.dir, "..");

/** The path of a copy of the server, and of its simulated world, with these changes. Whoever asked for it removes it. */
export function brokenCopy({ changes }: Pick<Break, "changes">): string {
  const copy = mkdtempSync(join(tmpdir(), "switchboard-broken-"));
  for (const part of [
    "src",
    "packages/client/src",
    "test/world",
    "test/support",
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

/** From each seed, which of so many worlds was the first to break the promise, counted from 1; 0 for none. */
export async function lookInWorlds(
  root: string,
  { fault }: Pick<Break, "fault">,
  worlds: number,
  seeds: readonly number[],
): Promise<number[]> {
  const wishes = [fault, worlds, ...seeds].map(String);
  const { out, err, code } = await run(join(root, "test/world/look.ts"), ...wishes);
  if (code !== 0) throw new Error(`the worlds could not be looked through: ${err}`);
  return out.trim().split("\n").map(Number);
}

/** Runs a program to its end. */
export async function run(file: string, ...options: string[]) {
  const child = Bun.spawn([process.execPath, "run", file, ...options], { stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { out, err, code };
}
