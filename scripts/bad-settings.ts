import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { company, settings } from "../test/support/settings.ts";

// Starts the server under each bad value of each setting, and expects it to stop with a line that names the setting:
// `bun run scripts/bad-settings.ts [<binary>] [<setting> …]`, from source without a binary.
const args = process.argv.slice(2);
const only = args.filter((arg) => Object.hasOwn(settings, arg));
const [binary] = args.filter((arg) => !only.includes(arg));
const serve = binary
  ? [resolve(binary), "serve"]
  : [process.execPath, "run", join(import.meta.dir, "../src/main.ts"), "serve"];
const LIMIT_MS = 60_000;

const directory = mkdtempSync(join(tmpdir(), "switchboard-settings-"));

/** What is wrong with how the server took this value; undefined when nothing is. */
async function faultOf(name: string, value: string, wanted: string): Promise<string | undefined> {
  const child = Bun.spawn(serve, {
    cwd: directory,
    // Without the setting it would start, on a port of its own.
    env: {
      PATH: process.env["PATH"] ?? "",
      WS_PORT: "0",
      HOST: "127.0.0.1",
      ...company[name],
      [name]: value,
    },
    stdout: "ignore",
    stderr: "pipe",
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
  });
  const err = await new Response(child.stderr).text();
  const code = await child.exited;
  const line = `${name}: must be ${wanted}`;
  if (code !== 1) return `it ended with ${child.signalCode ?? code}, not with 1: ${err}`;
  if (!err.includes(line)) return `it did not say ${JSON.stringify(line)}: ${err}`;
  // A server that refuses its settings has made no database and no secrets.
  const made = readdirSync(directory);
  return made.length > 0 ? `it made ${made.join(", ")}` : undefined;
}

const tried = Object.entries(settings).filter(([name]) => only.length === 0 || only.includes(name));
const cases = tried.flatMap(([name, { bad }]) =>
  // What a variable of the environment cannot hold reaches no server.
  Object.entries(bad).flatMap(([value, wanted]) => (value.includes("\0") ? [] : [{ name, value, wanted }])),
);
const faults: string[] = [];
const work = cases.values();
async function worker(): Promise<void> {
  for (const { name, value, wanted } of work) {
    const fault = await faultOf(name, value, wanted);
    if (fault !== undefined) faults.push(`${name}=${value}: ${fault.trim()}`);
  }
}
try {
  await Promise.all([worker(), worker()]);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
for (const fault of faults) console.error(fault);
console.log(
  `${cases.length - faults.length} of ${cases.length} bad values stop the server and name their setting`,
);
process.exit(faults.length === 0 ? 0 : 1);
