import { mkdirSync } from "node:fs";
import net from "node:net";
import { join, resolve } from "node:path";
import { Balancer } from "../src/verify/cluster/balancer.ts";
import { LogServers } from "../src/verify/cluster/log-servers.ts";

// Three log servers, three nodes and a proxy on this machine, to try what several nodes do. Use scripts/cluster.sh.
const NODES = [3011, 3012, 3013];
const PROXY = Number(process.env["WS_PORT"] || 3001);
const LOG = [4222, 4223, 4224];
const root = resolve(import.meta.dir, "..");
const data = resolve(process.env["CLUSTER_DATA"] || join(root, "data/cluster"));
const SECRET = "the secret of a cluster to try things with";
const API_KEY = "the-key-of-a-cluster-to-try";

for (const port of [...LOG, ...NODES, PROXY]) {
  const isFree = await new Promise<boolean>((resolve) => {
    const server = net.createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
  if (isFree) continue;
  const way = port === PROXY ? ", or give the proxy another with WS_PORT" : "";
  console.error(`port ${port} is taken: end what listens there, perhaps another cluster${way}`);
  process.exit(1);
}

mkdirSync(data, { recursive: true, mode: 0o700 });
const servers = await LogServers.start(data, LOG);
const settings = {
  LOG_FORMAT: "pretty",
  ...process.env,
  ...{ LOG_URL: servers.url, JWT_SECRET: SECRET, API_KEYS: API_KEY, HOST: "127.0.0.1" },
};
const running = new Map<number, Bun.Subprocess>();

/** A node that ends comes back after a second, as systemd would bring it back. */
async function serve(index: number): Promise<void> {
  const name = `node-${index + 1}`;
  for (let isFirst = true; !isStopping; isFirst = false) {
    const node = Bun.spawn([process.execPath, "run", join(root, "src/main.ts"), "serve"], {
      cwd: data,
      env: {
        ...settings,
        WS_PORT: String(NODES[index]),
        NODE_NAME: name,
        DATABASE_URL: join(data, `${name}.db`),
      },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    running.set(index, node);
    void showLog(name, node.stderr);
    if (!isFirst) console.log(`${name} is back: kill -9 ${node.pid}`);
    await node.exited;
    if (isStopping) return;
    console.log(`${name} has ended, and comes back`);
    await Bun.sleep(1_000);
  }
}

/** Each line with the name of its node. */
async function showLog(name: string, stderr: ReadableStream<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stderr) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) console.log(`${name}  ${line}`);
  }
}

let isStopping = false;
const nodes = NODES.map((_, index) => serve(index));
const balancer = await Balancer.open(() => NODES, PROXY);
for (const port of NODES)
  while (
    !(await fetch(`http://127.0.0.1:${port}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await Bun.sleep(100);

const stop = async (): Promise<void> => {
  if (isStopping) return;
  isStopping = true;
  balancer.close();
  for (const node of running.values()) node.kill("SIGTERM");
  await Promise.all(nodes);
  servers.killAll();
  process.exit(0);
};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop());

console.log(`
Open two of them, in two windows, and talk:
${NODES.map((port, index) => `  node ${index + 1}   http://127.0.0.1:${port}/      kill -9 ${running.get(index)?.pid}`).join("\n")}
  proxy    http://127.0.0.1:${PROXY}/      hands each connection to the next node

Check Resume in both. Kill a node while they talk: the others go on, and it comes back within seconds. Press Connect in the
window that has lost it: nothing is missing. The data is in ${data}.
  token    JWT_SECRET='${SECRET}' bun run src/main.ts token --user ada
  API key  ${API_KEY}
`);
