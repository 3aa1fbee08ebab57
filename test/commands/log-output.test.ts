import { expect, test } from "bun:test";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LogOutput } from "../../src/commands/log-output.ts";
import { commandDirectory, serve } from "../support/command.ts";

const directory = commandDirectory();

test("a log on a full disk costs its lines, and nothing else: the server serves, counts them and stops", async () => {
  const server = await serve({ directory, through: ["sh", "-c", 'exec "$@" 2>/dev/full', "sh"] });
  const at = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);
  expect((await at("/health/ready")).status).toBe(200);
  const [, lost] =
    /^switchboard_log_lines_lost_total (\d+)$/m.exec(await (await at("/metrics")).text()) ?? [];
  expect(Number(lost)).toBeGreaterThan(0);
  expect((await server.end("SIGTERM")).code).toBe(0);
});

test("once it can be written again it hears once how many lines it lacks, and holds whole lines", () => {
  const file = join(directory, "log");
  const full = openSync("/dev/full", "w");
  const good = openSync(file, "a");
  const told: number[] = [];
  const output = new LogOutput(full, (lost) => told.push(lost));
  for (const line of ["one\n", "two\n"]) output.write(line);
  expect([output.lost, told]).toEqual([2, []]);
  Object.assign(output, { file: good });
  for (const line of ["three\n", "four\n"]) output.write(line);
  expect([output.lost, told]).toEqual([2, [2]]);
  expect(readFileSync(file, "utf8")).toBe("three\nfour\n");
  for (const one of [full, good]) closeSync(one);
});
