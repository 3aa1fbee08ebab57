import { duration } from "../src/commands/progress-line.ts";
import type { Round, Target } from "./generator.ts";
import { machine, pinned } from "./machine.ts";
import type { ServerName } from "./names.ts";
import { secret, startServer } from "./servers.ts";
import { caveat, doubts, type Figure, type Outcome, table } from "./table.ts";

const ROUNDS = 3;
const SPARE_MS = 30_000;

/** The same load, played against several servers. */
export interface Contest {
  name: string;
  servers: readonly ServerName[];
  figures: readonly Figure[];
  /** Of one round. */
  ms: number;
  /** File of the load generator, and what it is told besides its target. */
  load: string;
  told: object;
  /** File of the bare server. */
  bare: string;
  /** Each round is played against a server that has just started, and that no other runs beside. */
  fresh?: boolean;
  /** The servers that could choose check tokens too. */
  checked?: boolean;
}

/** A server with its load generator, ready to play rounds of the given milliseconds. */
export interface Contender {
  name: ServerName;
  play(ms: number): Promise<Round>;
}

/** Starts a server and its load generator, which `processes` will end, and waits until everybody is connected. */
export async function contend(
  name: ServerName,
  contest: Contest,
  processes: AsyncDisposableStack,
): Promise<Contender> {
  const env: Record<string, string> = contest.checked ? { CHECK_TOKENS: "1" } : {};
  const target: Target = { server: name, ...(await startServer(name, contest.bare, processes, { env })) };
  let answer = Promise.withResolvers<"ready" | Round>();
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  const load = [`${import.meta.dir}/${contest.load}`, JSON.stringify({ ...contest.told, ...target })];
  const child = Bun.spawn(pinned("load", [process.execPath, ...load]), {
    env: { ...process.env, JWT_SECRET: secret },
    stdio: ["ignore", "inherit", "inherit"],
    ipc: (message) => answer.resolve(message),
    onExit: () => ended.reject(new Error(`${contest.name} against ${name}: the load generator ended`)),
  });
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

/** Of the time, how much others took. */
const share = ({ waitedNs, elapsedNs }: Round): number => waitedNs / elapsedNs;

async function tooLate(ms: number): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, ms).unref());
  throw new Error("the load generator is silent");
}

/** Plays all servers of a contest in turns (A, B, A, B), so that drift of the machine meets them alike. */
async function run(
  contest: Contest,
  patience: number,
  processes: AsyncDisposableStack,
  progress: () => string,
): Promise<Outcome> {
  const { name, servers, figures, ms, fresh } = contest;
  const contenders = new Map<ServerName, Contender>();
  if (!fresh) for (const server of servers) contenders.set(server, await contend(server, contest, processes));
  for (const contender of contenders.values()) await contender.play(ms / 2);
  const rounds = new Map<ServerName, Round[]>(servers.map((server) => [server, []]));
  for (let round = 1; round <= ROUNDS; round++) {
    for (const server of servers) {
      console.error(`${name}, round ${round} of ${ROUNDS}, ${server}${progress()}`);
      await using own = new AsyncDisposableStack();
      const contender = contenders.get(server) ?? (await contend(server, contest, own));
      let played = await contender.play(ms);
      // What a server was at its start it is not a second time.
      for (let again = fresh ? 0 : patience; again > 0 && doubts(played).length > 0; again--) {
        const next = await contender.play(ms);
        if (share(next) < share(played)) played = next;
      }
      rounds.get(server)?.push(played);
      for (const doubt of doubts(played)) console.error(doubt);
    }
  }
  return { name, figures, rounds };
}

/** Says at the begin of each round how many of all are done, and how long the rest takes if it goes on like this. */
function progressOf(contests: readonly Contest[]): () => string {
  const all = contests.reduce((sum, { servers }) => sum + ROUNDS * servers.length, 0);
  const start = performance.now();
  let begun = 0;
  return () => {
    const done = begun++;
    if (done === 0) return `, the first of ${all} rounds`;
    const left = ((performance.now() - start) / done) * (all - done);
    return `, ${Math.floor((100 * done) / all)} % done, ${duration(left)} left`;
  };
}

/**
 * Plays one after another, then shows the table. A round in doubt is played again, up to `patience` times, and the least
 * disturbed counts. A scenario that fails is not in the table, and the exit code is 1.
 */
export async function bench(
  choose: () => readonly Contest[],
  show: (outcomes: readonly Outcome[]) => void | Promise<void> = print,
  patience = 0,
): Promise<void> {
  const failed = (error: unknown) => {
    console.error(`FAILED: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  };
  const interruption = Promise.withResolvers<undefined>();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => interruption.resolve(undefined));
  const outcomes: Outcome[] = [];
  try {
    const contests = choose();
    const progress = progressOf(contests);
    for (const contest of contests) {
      await using processes = new AsyncDisposableStack();
      const played = run(contest, patience, processes, progress)
        .catch(failed)
        .then((outcome) => ({ outcome }));
      const done = await Promise.race([played, interruption.promise]);
      if (!done) throw new Error("interrupted");
      if (done.outcome) outcomes.push(done.outcome);
    }
  } catch (error) {
    failed(error);
  }
  if (outcomes.length > 0) await show(outcomes);
}

export const print = (outcomes: readonly Outcome[]): void =>
  console.log([...machine(), "", ...table(outcomes), ...caveat(outcomes)].join("\n"));
