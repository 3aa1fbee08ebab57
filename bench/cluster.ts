/**
 * `bun bench/cluster.ts [--nodes 1,2,3]`: what a node of a cluster spends, on a log of three servers: CPU for each
 * delivery and for each message that it applies, confirmed messages a second, the time until a client of another node
 * has a message, and how fast an empty node catches up. Needs nats-server on the PATH or in NATS_SERVER. Everything
 * shares this machine, so CPU is what to read; see README.md.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePorts, LogServers } from "../src/verify/cluster/log-servers.ts";
import { Faults } from "../src/verify/faults.ts";
import { OwnServer } from "../src/verify/own-server.ts";
import { tokenFor } from "../src/verify/target.ts";
import { cpuOf } from "./cpu.ts";

const { values } = parseArgs({ options: { nodes: { type: "string", default: "1,2,3" } } });
/** The program that an `OwnServer` starts. */
process.argv[1] = join(import.meta.dir, "../src/main.ts");

const TEXT = "Shall we meet by the river at seven, or is that too late for you? ".repeat(3);
/** Members of the room of the fan-out on each node, messages a second to them, and for how long. */
const [MEMBERS, PER_SECOND, FAN_OUT_MS] = [150, 40, 6_000];
/** Senders on each node, each with so many messages on the way. */
const [SENDERS, WINDOW, FULL_MS] = [4, 64, 5_000];

class Client {
  readonly #waiting = new Map<string, () => void>();
  heard: ((text: string) => void) | undefined;

  private constructor(
    private readonly socket: WebSocket,
    private readonly chatId: string,
  ) {
    socket.addEventListener("message", ({ data }) => {
      const text = String(data);
      this.heard?.(text);
      if (this.#waiting.size === 0) return;
      const id = /"content":"(\S+) /.exec(text)?.[1] ?? "";
      const confirmed = this.#waiting.get(id);
      this.#waiting.delete(id);
      confirmed?.();
    });
  }

  static async open(server: OwnServer, userId: string, chatId: string): Promise<Client> {
    const token = await tokenFor(server, userId, [`chat:${chatId}`]);
    const socket = new WebSocket(`${server.origin().replace("http", "ws")}/ws?token=${token}`);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    const client = new Client(socket, chatId);
    const joined = new Promise<void>((resolve) => {
      client.heard = () => resolve();
    });
    client.#send("chat_update", { action: "join", chatId });
    await joined;
    client.heard = undefined;
    return client;
  }

  /** Resolves when it is confirmed. */
  say(id: string = crypto.randomUUID()): Promise<void> {
    const confirmed = new Promise<void>((resolve) => this.#waiting.set(id, resolve));
    this.#send("message", { chatId: this.chatId, content: `${id} ${TEXT}`, messageId: id });
    return confirmed;
  }

  close(): void {
    this.socket.close();
  }

  #send(type: string, data: unknown): void {
    this.socket.send(JSON.stringify({ type, data, timestamp: Date.now() }));
  }
}

const median = (times: readonly number[], part = 0.5): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * part)] ?? Number.NaN;

/** Microseconds of CPU that each node has used meanwhile. */
const cpu = (nodes: readonly OwnServer[], work: () => Promise<void>): Promise<number[]> =>
  cpuOfAll(
    nodes.map(({ pid }) => pid),
    work,
  );

async function cpuOfAll(pids: readonly number[], work: () => Promise<void>): Promise<number[]> {
  const before = pids.map(cpuOf);
  await work();
  return pids.map((pid, n) => (cpuOf(pid) - before[n]!) / 1_000);
}

const positionOf = async (node: OwnServer): Promise<number> =>
  Number(
    /^switchboard_log_position (.+)$/m.exec(await (await fetch(`${node.origin()}/metrics`)).text())?.[1],
  );

/** A member of every node hears what a client of the first says, and tells how late. */
async function fanOut(nodes: readonly OwnServer[]): Promise<void> {
  const idle = await cpu(nodes, () => Bun.sleep(3_000));
  console.log(
    `  at rest: ${idle.map((us) => `${((us / 3_000_000) * 100).toFixed(1)} %`).join(", ")} of a core on each node`,
  );
  const sender = await Client.open(nodes[0]!, "sender", "crowd");
  const members = await Promise.all(
    nodes.flatMap((node, n) =>
      Array.from({ length: MEMBERS }, (_, m) => Client.open(node, `member-${n}-${m}`, "crowd")),
    ),
  );
  const late: number[][] = nodes.map(() => []);
  const sent = new Map<string, number>();
  for (const [n] of nodes.entries())
    members[n * MEMBERS]!.heard = (text) => {
      const at = sent.get(/"content":"(\S+) /.exec(text)?.[1] ?? "");
      if (at !== undefined) late[n]!.push(performance.now() - at);
    };
  let said = 0;
  const used = await cpu(nodes, async () => {
    const began = performance.now();
    const confirmed: Promise<void>[] = [];
    while (performance.now() < began + FAN_OUT_MS) {
      const due = began + (1_000 * said) / PER_SECOND;
      if (due > performance.now()) await Bun.sleep(due - performance.now());
      const id = crypto.randomUUID();
      sent.set(id, performance.now());
      confirmed.push(sender.say(id));
      said++;
    }
    await Promise.all(confirmed);
  });
  for (const [n, node] of used.entries()) {
    const own = node - (idle[n]! * FAN_OUT_MS) / 3_000;
    console.log(
      `  node ${n + 1}: ${(own / (said * MEMBERS)).toFixed(2)} µs a delivery; ` +
        `heard after ${median(late[n]!).toFixed(1)} ms, p99 ${median(late[n]!, 0.99).toFixed(1)} ms`,
    );
  }
  for (const client of [...members, sender]) client.close();
}

/** Senders on all nodes, or on the first alone, as many messages as the cluster confirms. */
async function full(
  nodes: readonly OwnServer[],
  servers: LogServers,
  on: readonly OwnServer[],
  what: string,
): Promise<number> {
  const senders = await Promise.all(
    on.flatMap((node, n) =>
      Array.from({ length: SENDERS }, (_, m) =>
        Client.open(node, `full-${n}-${m}`, `full-${what.replaceAll(" ", "-")}-${n}-${m}`),
      ),
    ),
  );
  let confirmed = 0;
  let elapsed = 0;
  const batches = await positionOf(nodes[0]!);
  const pids = [...nodes.map(({ pid }) => pid), ...servers.pids];
  const all = await cpuOfAll(pids, async () => {
    const began = performance.now();
    const end = began + FULL_MS;
    await Promise.all(
      senders.flatMap((sender) =>
        Array.from({ length: WINDOW }, async () => {
          while (performance.now() < end) {
            await sender.say();
            confirmed++;
          }
        }),
      ),
    );
    elapsed = performance.now() - began;
    const last = await positionOf(nodes[0]!);
    for (const node of nodes) while ((await positionOf(node)) < last) await Bun.sleep(5);
  });
  const perBatch = confirmed / ((await positionOf(nodes[0]!)) - batches);
  const list = (used: readonly number[]) => used.map((us) => `${(us / confirmed).toFixed(1)} µs`).join(", ");
  const [ofNodes, ofServers] = [all.slice(0, nodes.length), all.slice(nodes.length)];
  console.log(
    `  senders on ${what}: ${Math.round(confirmed / (elapsed / 1_000)).toLocaleString("en")} messages/s confirmed, ` +
      `${perBatch.toFixed(0)} a batch; CPU a message on each node ${list(ofNodes)}, on each log server ${list(ofServers)}`,
  );
  for (const sender of senders) sender.close();
  return confirmed;
}

async function catchUp(node: OwnServer, servers: LogServers, said: number): Promise<void> {
  const position = await positionOf(node);
  const late = new OwnServer(new Faults(), { LOG_URL: servers.url, NODE_NAME: "late" });
  const began = performance.now();
  await late.start();
  const ms = performance.now() - began;
  console.log(
    `  a node without a database listens ${(ms / 1_000).toFixed(1)} s after its start, with ${position.toLocaleString("en")} batches and ${said.toLocaleString("en")} messages to apply`,
  );
  await late.end();
}

for (const count of values.nodes.split(",").map(Number)) {
  const directory = mkdtempSync(join(tmpdir(), "switchboard-bench-"));
  const servers = await LogServers.start(directory, await freePorts(3));
  const nodes = Array.from(
    { length: count },
    (_, n) =>
      new OwnServer(new Faults(), {
        LOG_URL: servers.url,
        NODE_NAME: `node-${n + 1}`,
        HEARTBEAT_INTERVAL_MS: "30000",
      }),
  );
  try {
    await Promise.all(nodes.map((node) => node.start()));
    console.log(`${count} nodes`);
    await fanOut(nodes);
    let said = await full(nodes, servers, nodes.slice(0, 1), "node 1");
    if (count > 1) said += await full(nodes, servers, nodes, "all nodes");
    await catchUp(nodes[0]!, servers, said);
  } finally {
    await Promise.all(nodes.map((node) => node.end()));
    servers.killAll();
    rmSync(directory, { recursive: true, force: true });
  }
}
