/** The load generator of `publish.ts`: any missing, repeated or reordered delivery, or a wrong answer, ends it with 1. */
import { Backend } from "./backend.ts";
import { generate, type Latency, type Played, type Target } from "./generator.ts";
import { Readiness } from "./libc.ts";
import { fail } from "./member.ts";
import { posted } from "./posted.ts";
import type { PublishScenario } from "./publish-scenarios.ts";
import { latencyOf, SETTLE_NS } from "./rounds.ts";
import { Viewers } from "./viewers.ts";

const { scenario, port, pid }: Target & { scenario: PublishScenario } = JSON.parse(process.argv[2] ?? "{}");
const { contract, events, rate } = scenario;
const secret = process.env["JWT_SECRET"] ?? "";
const viewers = new Viewers(posted[contract], scenario.viewers, scenario.backends);
const backends = Array.from({ length: scenario.backends }, () => new Backend(port, contract, events, secret));
const answers = new Readiness(backends.length);
/** Requests before anybody watches. Some thousand events later a server that has just started is still compiling its code. */
const WARM_UP_REQUESTS = 200;

/** Number of the next event. */
let next = 0;

function post(backend: Backend): void {
  backend.post(next);
  next += events;
}

/** Takes answers, waiting at most `ms` for one; tells who is free. */
function takeAnswers(ms: number, free: (backend: Backend) => void): void {
  const ready = answers.wait(ms);
  for (let i = 0; i < ready; i++) {
    const backend = backends[answers.key(i)]!;
    backend.read();
    if (!backend.waiting) free(backend);
  }
}

const missing = () => (next - viewers.first) * viewers.present - viewers.delivered;
const isSettled = () => missing() === 0 && backends.every(({ waiting }) => !waiting);

/** Reads until all is answered and delivered; fails when it is not. */
function settle(read: () => void): void {
  const end = Bun.nanoseconds() + SETTLE_NS;
  while (!isSettled()) {
    takeAnswers(1, () => {});
    read();
    if (Bun.nanoseconds() > end)
      fail(`${missing()} deliveries missing, or an answer, after ${SETTLE_NS / 1e9} s`);
  }
  viewers.verify(next - viewers.first);
}

/** One request after another, each when all of the one before is answered and delivered. */
function playBursts(ms: number): void {
  const end = Bun.nanoseconds() + ms * 1e6;
  while (Bun.nanoseconds() < end) {
    for (const backend of backends) post(backend);
    settle(() => viewers.readInTurn());
  }
}

/** Each answer is answered by the backend's next request. */
function playRequests(ms: number): void {
  const end = Bun.nanoseconds() + ms * 1e6;
  for (const backend of backends) post(backend);
  while (Bun.nanoseconds() < end) takeAnswers(1, post);
  settle(() => {});
}

/** Requests go out when they are due, answered or not. The latency is that of each delivery. */
function playRate(ms: number, rate: number): Latency {
  const first = next;
  const total = Math.floor((rate * ms) / 1000);
  const [sentAt, late] = [new Float64Array(total), new Float64Array(total)];
  const waited = new Float64Array(total * viewers.count);
  let arrived = 0;
  viewers.arrived = (sequence) => {
    waited[arrived++] = Bun.nanoseconds() - sentAt[sequence - first]!;
  };
  const read = () => {
    takeAnswers(0, () => {});
    viewers.readReady();
  };
  const start = Bun.nanoseconds();
  for (let event = 0; event < total; event++) {
    const due = start + (event * 1e9) / rate;
    const backend = backends[next % backends.length]!;
    // Spinning: a core that sleeps wakes late, and the server would be blamed for it.
    while (Bun.nanoseconds() < due || backend.waiting) read();
    const now = Bun.nanoseconds();
    sentAt[event] = now;
    late[event] = now - due;
    post(backend);
  }
  settle(read);
  return latencyOf(waited, late);
}

/** Plays with all backends connected. */
function connected<T>(play: () => T): T {
  for (const [index, backend] of backends.entries()) answers.add(backend.connect(), index);
  const played = play();
  for (const backend of backends) backend.close();
  return played;
}

function play(ms: number): Played {
  const [before, bytes] = [next, viewers.bytes];
  const latency = rate === undefined ? undefined : playRate(ms, rate);
  if (rate === undefined) (viewers.count > 0 ? playBursts : playRequests)(ms);
  const messages = next - before;
  return {
    messages,
    deliveries: messages * viewers.count,
    bytes: viewers.bytes - bytes,
    ...(latency && { latency }),
  };
}

function warmUp(): void {
  for (let request = 0; request < WARM_UP_REQUESTS; request++) {
    post(backends[0]!);
    settle(() => {});
  }
}

async function gather(): Promise<void> {
  connected(warmUp);
  await viewers.gather(next, port, secret);
}

await generate(pid, {
  gather,
  play: (ms) => connected(() => play(ms)),
  idle: () => viewers.readAll(),
});
