/**
 * `bun run bench/feed.ts [--events 1000000] [--rate 1000] [--rounds 3] [--database FILE]`: what a consumer of the feed costs the server and its
 * clients, and how fast a consumer and a webhook read a log from its beginning. With `--database`, a first run with `--fill` makes the file and ends. See README.md.
 */
import { parseArgs } from "node:util";
import { cpuOf } from "./cpu.ts";
import { caption, pinThis } from "./machine.ts";
import { startLoad } from "./resume-side.ts";
import { secret, startServer } from "./servers.ts";
import { content } from "./words.ts";

const ROOMS = 50;
const PHASE_MS = 5_000;
const POST = 1_000;
const { values } = parseArgs({
  options: {
    events: { type: "string", default: "1000000" },
    rate: { type: "string", default: "1000" },
    rounds: { type: "string", default: "3" },
    database: { type: "string" },
    fill: { type: "boolean", default: false },
  },
});
const [events, rate, rounds] = [Number(values.events), Number(values.rate), Number(values.rounds)];
const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };

await using processes = new AsyncDisposableStack();
const { database } = values;
const { port, pid } = await startServer("FULL", "", processes, {
  env: database ? { DATABASE_URL: `file:${database}` } : {},
});
pinThis();
const at = (path: string) => `http://127.0.0.1:${port}${path}`;

async function post(room: string, from: number): Promise<void> {
  const chatId = room.slice("chat:".length);
  const many = Array.from({ length: POST }, (_, n) => {
    const message = { id: `f-${from + n}`, chatId, userId: "bot", content, role: "user" };
    const data = { chatId, message: { ...message, timestamp: new Date(0).toISOString(), metadata: {} } };
    return { room, type: "message", data };
  });
  const answer = await fetch(at("/v1/gurukul/events"), {
    method: "POST",
    headers,
    body: JSON.stringify(many),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

async function fill(): Promise<void> {
  for (let n = 0; n < events; n += POST) await post(`chat:old-${(n / POST) % ROOMS}`, n);
}

/** Reads the feed as Server-Sent Events until it is stopped; counts events by their lines. */
function consume(after: string) {
  const ended = new AbortController();
  const found = { events: 0 };
  const done = (async () => {
    const accept = { ...headers, accept: "text/event-stream" };
    const answer = await fetch(at(`/v1/feed?after=${after}`), { headers: accept, signal: ended.signal });
    const needle = Buffer.from("\ndata: ");
    for await (const chunk of answer.body ?? []) {
      const bytes = Buffer.from(chunk);
      for (let from = bytes.indexOf(needle); from >= 0; from = bytes.indexOf(needle, from + 1))
        found.events++;
      // Chunks that are there already would let no timer of this process run.
      await new Promise((resolve) => setImmediate(resolve));
    }
  })().catch(() => {});
  return {
    found,
    stop() {
      ended.abort();
      return done;
    },
  };
}

/** A webhook with a receiver that takes everything at once. */
async function receive(name: string, from: string) {
  const found = { events: 0 };
  const receiver = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { data } = (await request.json()) as { data?: { events?: unknown[] } };
      found.events += data?.events?.length ?? 0;
      return new Response();
    },
  });
  const body = JSON.stringify({ url: `http://127.0.0.1:${receiver.port}/`, from, batch: 100 });
  const answer = await fetch(at(`/v1/webhooks/${name}`), { method: "PUT", headers, body });
  if (!answer.ok) throw new Error(await answer.text());
  return {
    found,
    async stop() {
      await fetch(at(`/v1/webhooks/${name}`), { method: "DELETE", headers });
      await receiver.stop(true);
    },
  };
}

if (values.fill) {
  await fill();
  await processes.disposeAsync();
  process.exit(0);
}

const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
const talkers = startLoad(
  { side: "stayed", server: "FULL", port, rooms: ROOMS, clients: 0, rate },
  processes,
);
await talkers.next();

console.log(caption());
const consumers = {
  none: async () => ({ found: { events: 0 }, stop: async () => {} }),
  "one stream": async () => consume("end"),
  "one webhook": () => receive("bench", "now"),
};
const shares = new Map(Object.keys(consumers).map((name) => [name, [] as number[]]));
await Bun.sleep(2 * PHASE_MS);
for (let round = 0; round < rounds; round++) {
  for (const [name, start] of Object.entries(consumers)) {
    const { found, stop } = await start();
    await Bun.sleep(PHASE_MS / 5);
    const [cpu, begun, heard] = [cpuOf(pid), performance.now(), found.events];
    await Bun.sleep(PHASE_MS);
    shares.get(name)?.push((cpuOf(pid) - cpu) / 1e4 / (performance.now() - begun));
    if (name !== "none" && found.events - heard < (rate * PHASE_MS) / 2_000)
      console.log(`${name} fell behind`);
    await stop();
  }
}
for (const [name, of] of shares) {
  console.log(
    `${rate} events a second, ${name}: ${median([...of]).toFixed(1)} % of a core (${of.map((one) => one.toFixed(1)).join(", ")})`,
  );
}

if (events === 0) process.exit(0);
if (!database) await fill();
await Bun.sleep(PHASE_MS);
await talkers.ask("look");
await Bun.sleep(PHASE_MS);
const calm = await talkers.ask("look");
console.log(
  `clients, nobody reads: p50 ${calm.p50.toFixed(1)} ms, p99 ${calm.p99.toFixed(1)} ms, max ${calm.max.toFixed(1)} ms`,
);

for (const [name, start] of [
  ["a stream", () => Promise.resolve(consume("0"))],
  ["a webhook", () => receive("old", "beginning")],
] as const) {
  await talkers.ask("look");
  const [cpu, begun] = [cpuOf(pid), performance.now()];
  const { found, stop } = await start();
  while (found.events < events && performance.now() < begun + 40_000) await Bun.sleep(50);
  const seconds = (performance.now() - begun) / 1_000;
  const during = await talkers.ask("look");
  const share = (cpuOf(pid) - cpu) / 1e7 / seconds;
  await stop();
  console.log(
    `${name} from the beginning: ${found.events} events in ${seconds.toFixed(1)} s, ${Math.round(found.events / seconds)} a second, server ${share.toFixed(0)} % of a core; ` +
      `clients meanwhile: p50 ${during.p50.toFixed(1)} ms, p99 ${during.p99.toFixed(1)} ms, max ${during.max.toFixed(1)} ms`,
  );
  await Bun.sleep(2_000);
}
process.exit(0);
