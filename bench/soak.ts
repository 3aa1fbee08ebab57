/** `bun run bench/soak.ts [--minutes N]`: all contracts at once, with clients that come and go. See docs/soak.md. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cpuOf, memoryOf } from "./cpu.ts";
import { machine } from "./machine.ts";
import { type RunningServer, secret, startServer } from "./servers.ts";
import { type Frame, SoakClient } from "./soak-client.ts";
import { faults, head, isJudged, type Minute, row, share } from "./soak-minute.ts";
import type { Me, Part } from "./soak-part.ts";
import { parts, posts } from "./soak-parts.ts";
import { tokenFor } from "./token.ts";

const HEAP_WAIT_MS = 2_000;

/** What has happened since it was last asked. */
class Tally {
  waited: number[] = [];
  wrong = new Map<string, number>();
  #over = false;

  confirmed(since: number): void {
    this.waited.push(performance.now() - since);
  }

  fault = (what: string): void => {
    if (this.#over) return;
    if (!this.wrong.has(what)) console.error(`WRONG: ${what}`);
    this.wrong.set(what, (this.wrong.get(what) ?? 0) + 1);
  };

  /** What ends now ends because the soak does. */
  over(): void {
    this.#over = true;
  }

  get running(): boolean {
    return !this.#over;
  }
}

const about = (ms: number): number => ms * (0.5 + Math.random());

/** Comes, does its things for half a minute or so, goes, and comes again, until it is over. */
async function play(part: Part, player: number, port: number, tally: Tally): Promise<void> {
  const userId = `${part.name.split(" ")[0]}-${player}`;
  await Bun.sleep(Math.random() * 5_000);
  while (tally.running) {
    // Anew each time, as a front end would: one that is good for an hour runs out in a soak of an hour.
    const token = await tokenFor(userId, part.grants(player), secret);
    const me: Me = { userId, player, token, room: "", version: 0 };
    try {
      await visit(part, me, port, tally);
    } catch (error) {
      tally.fault(`${part.name}: ${error instanceof Error ? error.message : error}`);
      await Bun.sleep(1_000);
    }
  }
}

async function visit(part: Part, me: Me, port: number, tally: Tally): Promise<void> {
  const heard = (frame: Frame, client: SoakClient) => {
    if (frame.type === "error") tally.fault(`${part.name}: ${JSON.stringify(frame).slice(0, 200)}`);
    part.hears?.(client, frame);
  };
  const wrong = (what: string) => tally.fault(`${part.name}: ${what}`);
  const url = `ws://127.0.0.1:${port}${part.path(me.token, me.player)}`;
  const client = await SoakClient.dial(url, heard, wrong, part.subprotocol);
  try {
    await part.enter(client, me);
    const until = performance.now() + about(30_000);
    while (tally.running && performance.now() < until) {
      await Bun.sleep(about(part.pauseMs));
      if (!part.act) continue;
      const since = performance.now();
      await part.act(client, me);
      tally.confirmed(since);
    }
  } finally {
    await client.leave();
  }
}

async function post(protocol: string, event: () => object, port: number, tally: Tally): Promise<void> {
  const since = performance.now();
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/${protocol}/events`, {
      method: "POST",
      // A connection of its own: one that is kept may be closed, having been idle, in the moment it is used again.
      headers: { authorization: `Bearer ${secret}`, connection: "close" },
      body: JSON.stringify(event()),
    });
    if (!answer.ok)
      tally.fault(`post to ${protocol}: ${answer.status} ${(await answer.text()).slice(0, 200)}`);
    else await answer.arrayBuffer();
    tally.confirmed(since);
  } catch (error) {
    tally.fault(`post to ${protocol}: ${error}`);
  }
}

/** The value of a metric, summed over its labels; `name`, a pattern, may bring its labels. */
function metric(exposition: string, name: string): number {
  let sum = 0;
  for (const [, value] of exposition.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm")))
    sum += Number(value);
  return sum;
}

async function heapOf(pid: number, file: string): Promise<{ heapSize: number; objectCount: number }> {
  rmSync(file, { force: true });
  process.kill(pid, "SIGUSR2");
  const deadline = performance.now() + HEAP_WAIT_MS;
  while (!existsSync(file) && performance.now() < deadline) await Bun.sleep(20);
  await Bun.sleep(20);
  return JSON.parse(readFileSync(file, "utf8"));
}

async function soak(minutes: number, tally: Tally, processes: AsyncDisposableStack): Promise<Minute[]> {
  const directory = mkdtempSync(join(tmpdir(), "switchboard-soak-"));
  processes.defer(() => rmSync(directory, { recursive: true, force: true }));
  const heapFile = join(directory, "heap.json");
  const env = {
    CONNECTION_RATE_LIMIT: "0",
    ADDRESS_RATE_LIMIT: "0",
    ROOM_RATE_LIMIT: "0",
    SOAK_HEAP_FILE: heapFile,
  };
  const server = await startServer("FULL", "", processes, { env, preload: "./bench/soak-heap.ts" });
  const playing = parts.flatMap((part) =>
    Array.from({ length: part.players }, (_, player) => play(part, player, server.port, tally)),
  );
  const posting = posts.map(({ protocol, everyMs, event }) =>
    setInterval(() => void post(protocol, event, server.port, tally), everyMs),
  );
  const measured: Minute[] = [];
  // The second line tells of pinning, and only the server is pinned here.
  const [processors = "", , databases = ""] = machine();
  console.log([processors, databases, "", ...head()].join("\n"));
  let errors = 0;
  for (let minute = 1; minute <= minutes; minute++) {
    const taken = await measure(minute, server, heapFile, tally, errors);
    errors = taken.errors;
    measured.push(taken.minute);
    console.log(row(taken.minute));
  }
  tally.over();
  for (const timer of posting) clearInterval(timer);
  await Promise.all(playing);
  return measured;
}

async function measure(
  minute: number,
  server: RunningServer,
  heapFile: string,
  tally: Tally,
  errorsBefore: number,
): Promise<{ minute: Minute; errors: number }> {
  const [cpu, startedAt] = [cpuOf(server.pid), Bun.nanoseconds()];
  await Bun.sleep(60_000);
  const used = (cpuOf(server.pid) - cpu) / (Bun.nanoseconds() - startedAt);
  const waited = Float64Array.from(tally.waited).sort();
  const faulty = [...tally.wrong.values()].reduce((sum, count) => sum + count, 0);
  tally.waited = [];
  tally.wrong.clear();
  const exposition = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  const { heapSize, objectCount } = await heapOf(server.pid, heapFile);
  const connections = metric(exposition, "switchboard_connections");
  const errors = metric(exposition, "switchboard_errors_total");
  return {
    errors,
    minute: {
      minute,
      connections,
      done: waited.length,
      p50: share(waited, 0.5),
      p99: share(waited, 0.99),
      rss: memoryOf(server.pid),
      heap: heapSize / 2 ** 20,
      objects: objectCount,
      descriptors: metric(exposition, "process_open_fds") - connections,
      cpu: used,
      database: metric(exposition, 'switchboard_store_size_bytes\\{file="database"\\}') / 2 ** 20,
      wrong: faulty + errors - errorsBefore,
    },
  };
}

const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" } } });
const minutes = Number(values.minutes);
if (!Number.isInteger(minutes) || minutes < 2) throw new Error("--minutes must be a whole number, 2 or more");
await using processes = new AsyncDisposableStack();
const tally = new Tally();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    tally.over();
    void processes.disposeAsync().then(() => process.exit(1));
  });
}
const found = faults(await soak(minutes, tally, processes));
if (!isJudged(minutes)) console.log("\nGROWTH IS NOT JUDGED: that takes 30 minutes or more (docs/soak.md).");
if (found.length === 0)
  console.log(`\n${isJudged(minutes) ? "Nothing grew" : "It ended"}, and nothing went wrong.`);
for (const fault of found) console.error(`FAILED: ${fault}`);
if (found.length > 0) process.exitCode = 1;
