import { cpuOf, memoryOf, waitOf } from "./cpu.ts";
import { fail } from "./member.ts";
import type { ServerName } from "./names.ts";

/** What every load generator is told, besides what it is to play. */
export interface Target {
  server: ServerName;
  port: number;
  /** The server's process, whose CPU is read. */
  pid: number;
}

export interface Latency {
  p50: number;
  p95: number;
  p99: number;
  max: number;
  lateP99: number;
}

/** What happened in a round. */
export interface Played {
  messages: number;
  deliveries: number;
  /** Bytes of all frames that arrived, of those too that are no deliveries. */
  bytes?: number;
  /** Of a scenario with a rate. */
  latency?: Latency;
  /** The same, while everybody was reading. */
  calm?: Latency;
  /** Of what was to be timed, if that is not all of it. */
  elapsedNs?: number;
  /** What one of those who came added to the server's memory. */
  memoryKiB?: number;
}

/** What happened, and what it cost. */
export interface Round extends Played {
  elapsedNs: number;
  serverCpuNs: number;
  loadCpuNs: number;
  /** The longer of the two times that server and load waited for a core that others used. */
  waitedNs: number;
  serverMemoryMiB: number;
}

const IDLE_READ_MS = 1000;

/** Those who load a server. */
export interface Players {
  /** Connects everybody. */
  gather(): Promise<void>;
  play(ms: number): Played;
  /** Reads everybody: pings are answered and lost connections noticed while nothing is measured. */
  idle(): void;
}

/**
 * The life of a load generator, a process of its own: gathers its players, says "ready", then plays a round for
 * each number of milliseconds it is sent, and answers with what the round cost.
 */
export async function generate(pid: number, players: Players): Promise<void> {
  process.on("disconnect", () => process.exit());
  process.on("message", (ms: number) => process.send?.(measure(pid, () => players.play(ms))));
  try {
    await players.gather();
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
  setInterval(() => players.idle(), IDLE_READ_MS);
  process.send?.("ready");
}

/** Plays, and reads what it cost the server of this process id. */
export function measure(pid: number, play: () => Played): Round {
  const waits = [pid, process.pid].map(waitOf);
  const [startedAt, server, load] = [Bun.nanoseconds(), cpuOf(pid), process.cpuUsage()];
  const played = play();
  const used = process.cpuUsage(load);
  return {
    ...played,
    elapsedNs: played.elapsedNs ?? Bun.nanoseconds() - startedAt,
    serverCpuNs: cpuOf(pid) - server,
    loadCpuNs: (used.user + used.system) * 1000,
    waitedNs: Math.max(...[pid, process.pid].map((process, i) => waitOf(process) - waits[i]!)),
    serverMemoryMiB: memoryOf(pid),
  };
}
