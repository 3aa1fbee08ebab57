/** `bun run bench [--quick] [--scenario NAME]`: Switchboard against a bare Bun.serve. See README.md. */
import { parseArgs } from "node:util";
import type { LoadArguments, Round } from "./load.ts";
import { machine, pinned } from "./machine.ts";
import { type Scenario, type ServerName, scenarios } from "./scenarios.ts";
import { secret, startServer } from "./servers.ts";
import { caveat, doubts, type Outcome, table } from "./table.ts";

const ROUNDS = 3;
const SPARE_MS = 30_000;

/** A server with its crowd, ready to play rounds of so many milliseconds. */
interface Contender {
  name: ServerName;
  play(ms: number): Promise<Round>;
}

async function contend(
  name: ServerName,
  scenario: Scenario,
  processes: AsyncDisposableStack,
): Promise<Contender> {
  const server = await startServer(name, processes);
  let answer = Promise.withResolvers<"ready" | Round>();
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  const load: LoadArguments = { scenario, ...server };
  const child = Bun.spawn(
    pinned("load", [process.execPath, `${import.meta.dir}/load.ts`, JSON.stringify(load)]),
    {
      env: { ...process.env, JWT_SECRET: secret },
      stdio: ["ignore", "inherit", "inherit"],
      ipc: (message) => answer.resolve(message),
      onExit: () => ended.reject(new Error(`${scenario.name} against ${name}: the load generator ended`)),
    },
  );
  processes.defer(async () => {
    child.kill();
    await child.exited;
  });
  const told = (ms: number) => Promise.race([answer.promise, ended.promise, tooLate(ms + SPARE_MS)]);
  await told(0);
  return {
    name,
    async play(ms) {
      answer = Promise.withResolvers();
      child.send(ms);
      const round = await told(ms);
      if (round === "ready") throw new Error("the load generator began anew");
      return round;
    },
  };
}

async function tooLate(ms: number): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, ms).unref());
  throw new Error("the load generator is silent");
}

/** Plays all servers of a scenario in turns (A, B, A, B), so that drift of the machine meets them alike. */
async function run(scenario: Scenario, ms: number, processes: AsyncDisposableStack): Promise<Outcome> {
  const contenders: Contender[] = [];
  for (const name of scenario.servers) contenders.push(await contend(name, scenario, processes));
  for (const contender of contenders) await contender.play(ms / 2);
  const rounds = new Map<ServerName, Round[]>(scenario.servers.map((name) => [name, []]));
  for (let round = 1; round <= ROUNDS; round++) {
    for (const { name, play } of contenders) {
      console.error(`${scenario.name}, round ${round} of ${ROUNDS}, ${name}`);
      const played = await play(ms);
      rounds.get(name)?.push(played);
      for (const doubt of doubts(played)) console.error(doubt);
    }
  }
  return { scenario, rounds };
}

/** What the command line chose. Throws when it means nothing. */
function choose(): { chosen: readonly Scenario[]; length: "full" | "quick" } {
  const { values } = parseArgs({ options: { quick: { type: "boolean" }, scenario: { type: "string" } } });
  const chosen = scenarios.filter(({ name }) => !values.scenario || name === values.scenario);
  if (chosen.length > 0) return { chosen, length: values.quick ? "quick" : "full" };
  throw new Error(`--scenario must be one of ${scenarios.map(({ name }) => name).join(", ")}`);
}

async function bench(): Promise<void> {
  const { chosen, length } = choose();
  const outcomes: Outcome[] = [];
  for (const scenario of chosen) {
    await using processes = new AsyncDisposableStack();
    const played = run(scenario, scenario.seconds[length] * 1000, processes);
    outcomes.push(await Promise.race([played, interrupted.promise]));
  }
  console.log([...machine(), "", ...table(outcomes), ...caveat(outcomes)].join("\n"));
}

const interrupted = Promise.withResolvers<never>();
interrupted.promise.catch(() => {});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => interrupted.reject(new Error("interrupted")));
}
await bench().catch((error: Error) => {
  console.error(`FAILED: ${error.message}`);
  process.exitCode = 1;
});
