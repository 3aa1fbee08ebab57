import { z } from "zod";
import { type Fault, PROMISES } from "./faults.ts";
import type { Result } from "./run.ts";
import { ALL_MISHAPS, MISHAPS } from "./schedule.ts";

const entry = z.object({
  where: z.string().optional(),
  err: z.object({ message: z.string() }).optional(),
  msg: z.string().optional(),
});

/** One page: what was done, which promises held, a verdict. */
export function report({ options, faults, counts, skipped, errors }: Result): string {
  const { seed, seconds, clients, mishaps, nodes, target } = options;
  const isAll = mishaps.length === (nodes === undefined ? MISHAPS : ALL_MISHAPS).length;
  const chaos = mishaps.length === 0 ? "" : isAll ? " --chaos" : ` --mishaps ${mishaps.join()}`;
  const ours = nodes === undefined ? "a server of its own" : `${nodes} nodes of its own`;
  const what = `${target?.origin() ?? ours}${chaos}`;
  const lines = [`switchboard verify  ${what}  ${seconds} s  ${clients} clients  seed ${seed}`, "", "done"];
  const width = Math.max(...Array.from(counts.keys(), ({ length }) => length));
  for (const [name, count] of [...counts].sort(([a], [b]) => a.localeCompare(b))) {
    lines.push(`  ${name.padEnd(width)} ${count.toLocaleString("en").padStart(12)}`);
  }
  for (const line of skipped) lines.push(`  SKIPPED: ${line}`);
  const logged = Map.groupBy(errors, placeOf);
  for (const [place, all] of logged)
    lines.push(`  the server logged ${all.length} errors of ${place}, the first: ${messageOf(all[0] ?? "")}`);
  lines.push("", "found");
  for (const fault of Object.keys(PROMISES) as Fault[]) {
    lines.push(`  ${PROMISES[fault].padEnd(54)} ${String(faults.count(fault)).padStart(6)}`);
    for (const example of faults.examples(fault)) lines.push(`      ${example}`);
  }
  const cluster = nodes === undefined ? "" : `--cluster ${nodes} `;
  const again = `${cluster}--seed ${seed} --seconds ${seconds} --clients ${clients}${chaos}`;
  lines.push("", faults.held ? "HELD: every promise" : `BROKEN: run it again with ${again}`);
  return lines.join("\n");
}

/** The part of the server that logged the error. */
const placeOf = (line: string): string => {
  const parsed = parse(line);
  return parsed ? (parsed.where ?? "no place") : "another shape";
};

const messageOf = (line: string): string => {
  const { err, msg } = parse(line) ?? {};
  return (err?.message ?? msg ?? line).slice(0, 160);
};

function parse(line: string): z.output<typeof entry> | undefined {
  try {
    return entry.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
