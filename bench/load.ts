/**
 * The load generator, a process of its own: gathers the crowd of one scenario on one server, says "ready",
 * then plays a round for each number of milliseconds it is sent, and answers with what the round cost.
 * Any missing or wrong delivery ends the process with 1.
 */
import { cpuOf, memoryOf, waitOf } from "./cpu.ts";
import { Crowd } from "./crowd.ts";
import { fail } from "./member.ts";
import { keepInFlight, keepRate, type Latency } from "./rounds.ts";
import type { Scenario } from "./scenarios.ts";

export interface LoadArguments {
  scenario: Scenario;
  port: number;
  /** The server's process, whose CPU is read. */
  pid: number;
}

export interface Round {
  messages: number;
  deliveries: number;
  elapsedNs: number;
  serverCpuNs: number;
  loadCpuNs: number;
  /** The longer of the two times that server and load waited for a core that others used. */
  waitedNs: number;
  serverMemoryMiB: number;
  /** Of a scenario with a rate. */
  latency?: Latency;
}

const IDLE_READ_MS = 1000;

function play(crowd: Crowd, pid: number, ms: number): Round {
  const { rate, members } = crowd.scenario;
  const expected = crowd.tally.expected;
  const waits = [pid, process.pid].map(waitOf);
  const [startedAt, server, load] = [Bun.nanoseconds(), cpuOf(pid), process.cpuUsage()];
  const latency = rate ? keepRate(crowd, ms, rate) : keepInFlight(crowd, ms);
  const used = process.cpuUsage(load);
  const deliveries = crowd.tally.expected - expected;
  return {
    messages: deliveries / members,
    deliveries,
    elapsedNs: Bun.nanoseconds() - startedAt,
    serverCpuNs: cpuOf(pid) - server,
    loadCpuNs: (used.user + used.system) * 1000,
    waitedNs: Math.max(...[pid, process.pid].map((process, i) => waitOf(process) - waits[i]!)),
    serverMemoryMiB: memoryOf(pid),
    ...(latency && { latency }),
  };
}

const { scenario, port, pid }: LoadArguments = JSON.parse(process.argv[2] ?? "{}");
const crowd = new Crowd(scenario);
process.on("disconnect", () => process.exit());
process.on("message", (ms: number) => process.send?.(play(crowd, pid, ms)));
try {
  await crowd.gather(port, process.env["JWT_SECRET"] ?? "");
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
setInterval(() => crowd.idle(), IDLE_READ_MS);
process.send?.("ready");
