import { z } from "zod";
import { Chaos } from "./chaos.ts";
import { OwnCluster } from "./cluster/own-cluster.ts";
import { Connected } from "./connected.ts";
import { contracts } from "./contracts/all.ts";
import { Faults } from "./faults.ts";
import { FeedStream } from "./feed-stream.ts";
import type { Actor, Harness, Workload } from "./harness.ts";
import { type Endpoint, openSocket, type SocketEvents, TOO_SLOW } from "./json-socket.ts";
import { judge, rest } from "./judge.ts";
import { Ledger } from "./ledger.ts";
import { OwnServer } from "./own-server.ts";
import { Random } from "./random.ts";
import { type Mishap, scheduleOf } from "./schedule.ts";
import { addressOf, ask, type Target, tokenFor } from "./target.ts";
import { WebhookReceiver } from "./webhook-receiver.ts";
import { Wire } from "./wire.ts";

export interface VerifyOptions {
  /** A running server. Undefined: verify starts one of its own. */
  readonly target: Target | undefined;
  readonly seconds: number;
  readonly clients: number;
  readonly seed: number;
  /** The faults to inject, only with a server of verify's own. */
  readonly mishaps: readonly Mishap[];
  /** The number of nodes on a shared log, with servers of verify's own; undefined: one server alone. */
  readonly nodes: number | undefined;
}

export interface Result {
  readonly options: VerifyOptions;
  readonly faults: Faults;
  readonly counts: ReadonlyMap<string, number>;
  readonly skipped: readonly string[];
  /** Errors from the server's log. */
  readonly errors: readonly string[];
}

/** What a run does, one after another. */
export type Step = "driving the clients" | "waiting for the last answers" | "checking";

const TICK_MS = 10;
/**
 * The chance that an actor sends, at each tick: with a server of verify's own, and with one that serves others and has limits.
 */
const OWN_PACE = 0.25;
const POLITE_PACE = 0.008;
const SHUFFLE_MS = 700;
/** More than the kernel and the server together keep for a peer that does not read. */
const FLOOD_BYTES = 9_600_000;

/** Drives a server for a while, and compares what it confirmed and delivered with what it has stored. */
export async function verify(
  options: VerifyOptions,
  onStep: (step: Step) => void = () => {},
): Promise<Result> {
  const faults = new Faults();
  const counts = new Map<string, number>();
  const count = (what: string, by = 1) => void counts.set(what, (counts.get(what) ?? 0) + by);
  const { nodes, target: running } = options;
  const cluster =
    nodes === undefined
      ? undefined
      : new OwnCluster({
          ...{ faults, size: nodes, count, mishaps: options.mishaps },
          random: new Random(options.seed).fork("victims"),
        });
  const own = running ? undefined : (cluster ?? new OwnServer(faults));
  try {
    await own?.start();
    const random = new Random(options.seed);
    const target = options.target ?? own!;
    let isDriven = false;
    const turnedAway = (what: string) => {
      count("turned away");
      if (isDriven && own && options.mishaps.every((one) => one === "roll")) faults.add("turned", what);
    };
    const ledger = new Ledger(faults, turnedAway);
    const harness: Harness = {
      // Another name each time: a running server may have seen this seed.
      run: `${options.seed.toString(36)}${options.target ? Date.now().toString(36) : ""}`,
      ...{ random: random.fork("clients"), ledger, hasNodes: cluster !== undefined },
      // Then half of all clients resume.
      resuming: 1,
      turnedAway,
      open: (endpoint, events) =>
        openSocket(target.origin(), endpoint, hearing(events, endpoint, turnedAway), faults),
      async ask(method, path, body) {
        const answer = await ask(target, method, path, body);
        if (answer?.status === 503) turnedAway(`${method} ${path}`);
        return answer;
      },
      token: (userId, rooms) => tokenFor(target, userId, rooms),
      floodBytes: FLOOD_BYTES,
      pause: (ms) => Bun.sleep(ms),
      count,
      wire: async () => (options.mishaps.length > 0 ? Wire.open(() => addressOf(target)) : undefined),
    };
    const workloads: Workload[] = [];
    for (const { contract, share } of contracts) {
      workloads.push(await contract.workload(harness, Math.max(2, Math.round(share * options.clients))));
    }
    const stream = new FeedStream(harness, target, await harness.wire(), own !== undefined);
    if (!own) stream.log.position = await endOfFeed(harness);
    // A server elsewhere may not reach this machine.
    const receiver = own ? new WebhookReceiver(harness) : undefined;
    await receiver?.begin();
    const feed = [stream.log, ...(receiver ? [receiver.log] : [])];
    const actors = [...workloads.flatMap((workload) => [...workload.actors]), stream];
    const chaos =
      own && new Chaos(harness, own, actors, random.fork("chaos"), receiver && (() => receiver.hold()));
    isDriven = true;
    onStep("driving the clients");
    const keep = new Connected(actors);
    await drive(options, { harness, workloads, actors, keep, chaos, random });
    onStep("waiting for the last answers");
    receiver?.calm();
    stream.calm();
    await rest(actors, keep, ledger, cluster !== undefined);
    ledger.close();
    onStep("checking");
    await cluster?.settle();
    await judge(harness, workloads, feed, [stream], keep, cluster !== undefined);
    await cluster?.probe();
    tally(harness, actors);
    const result = {
      options,
      faults,
      counts: new Map(counts),
      skipped: [...(chaos?.skipped ?? []), ...(cluster?.skipped ?? [])],
      errors: own?.errors ?? [],
    };
    for (const actor of actors) actor.close();
    receiver?.close();
    return result;
  } finally {
    await own?.end();
  }
}

/** Counts connections that did not open, too. */
function hearing(events: SocketEvents, { path }: Endpoint, turnedAway: (what: string) => void): SocketEvents {
  let isOpen = false;
  return {
    ...events,
    opened(socket) {
      isOpen = true;
      events.opened(socket);
    },
    closed(how) {
      if (!isOpen && how !== TOO_SLOW) turnedAway(`a connection to ${path.split("?")[0]}: ${how}`);
      events.closed(how);
    },
  };
}

interface Driven {
  readonly harness: Harness;
  readonly workloads: readonly Workload[];
  readonly actors: readonly Actor[];
  readonly keep: Connected;
  readonly chaos: Chaos | undefined;
  readonly random: Random;
}

async function drive(
  { nodes, seconds, target, mishaps }: VerifyOptions,
  { workloads, actors, keep, chaos, random }: Driven,
): Promise<void> {
  const moments = chaos ? scheduleOf(random, seconds, mishaps) : [];
  const speech = random.fork("speech");
  const pace = target ? POLITE_PACE : OWN_PACE;
  const running = new Set<Promise<void>>();
  const run = (work: Promise<void>) => {
    running.add(work);
    void work.finally(() => running.delete(work));
  };
  const start = performance.now();
  const elapsed = () => performance.now() - start;
  let [next, shuffles] = [0, 0];
  /** When the server was last up again, and how long its restart took. */
  let [back, took] = [0, 0];
  const isOver = () => elapsed() >= 1_000 * seconds;
  // What has begun, such as a restart of all nodes, is waited for.
  while (!isOver() || running.size > 0) {
    keep.reconnect();
    for (const actor of actors) if (actor.send && speech.chance(pace)) actor.send();
    for (let moment = moments[next]; chaos && moment && moment.at <= elapsed(); moment = moments[next]) {
      next++;
      const isAlone = nodes === undefined;
      // It has been up for as long as it takes to start: on a busy machine it would be down for the whole run.
      if (isAlone && moment.what === "kill" && elapsed() < back + took) continue;
      const work = chaos.happen(moment);
      if (isAlone && moment.what === "kill") {
        const killed = elapsed();
        await work;
        back = elapsed();
        took = back - killed;
      } else run(work);
    }
    if (!isOver() && elapsed() > SHUFFLE_MS * (shuffles + 1)) {
      shuffles++;
      for (const workload of workloads) if (workload.shuffle) run(workload.shuffle());
    }
    await Bun.sleep(TICK_MS);
  }
}

/** The position from which on a consumer of a running server reads. */
async function endOfFeed(harness: Harness): Promise<string> {
  const answer = await harness.ask("GET", "/v1/feed?after=end");
  return z.object({ next: z.string() }).parse(answer?.body).next;
}

function tally({ ledger, count }: Harness, actors: readonly Actor[]): void {
  for (const { state } of ledger.items.values()) count(`messages ${state}`);
  count("messages said", ledger.items.size);
  count("messages said again", ledger.repeated);
  count("messages heard", ledger.heard);
  count("stays of a connection in a room", ledger.stays.length);
  count("clients and backends", actors.length);
  count("longest time without a confirmation, ms", Math.round(ledger.longestSilence));
}
