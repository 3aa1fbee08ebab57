import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeSocket, connectTo } from "./libc.ts";
import { pinned } from "./machine.ts";
import type { PeerName, ServerName } from "./names.ts";
import { peers } from "./peers/peers.ts";

const START_MS = 20_000;
const STOP_MS = 15_000;
const root = join(import.meta.dir, "..");

export interface RunningServer {
  port: number;
  pid: number;
}

/** Tokens of this run, and of no other, are signed with it. */
export const secret = crypto.randomUUID() + crypto.randomUUID();

/**
 * Starts a server on its core with a database of its own; `processes` will end it and remove the database.
 * `bare`: the file of the bare server. Rejects when it does not say where it listens.
 */
export async function startServer(
  name: ServerName,
  bare: string,
  processes: AsyncDisposableStack,
  { env = {}, preload }: { readonly env?: Record<string, string>; readonly preload?: string } = {},
): Promise<RunningServer> {
  const directory = mkdtempSync(join(tmpdir(), "switchboard-bench-"));
  const port = isPeer(name) ? freePort() : 0;
  const flags = preload === undefined ? [] : ["--preload", preload];
  const ours = name === "bare" ? [`bench/${bare}`] : ["run", ...flags, "src/main.ts", "serve"];
  const command = isPeer(name) ? peers[name].command(port, directory) : [process.execPath, ...ours];
  const child = Bun.spawn(pinned("server", command), {
    cwd: root,
    env: {
      ...{ ...process.env, ...settings(name, directory) },
      ...(isPeer(name) && { NODE_ENV: "production" }),
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  processes.defer(async () => {
    child.kill("SIGTERM");
    const stubborn = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await child.exited;
    clearTimeout(stubborn);
    rmSync(directory, { recursive: true, force: true });
  });
  if (!isPeer(name)) return { port: await listening(child.stdout, name), pid: child.pid };
  await answering(port, name);
  return { port, pid: child.pid };
}

/** What it is called in tables. */
export const labelOf = (name: ServerName): string =>
  name === "bare" ? "bare Bun.serve" : isPeer(name) ? peers[name].label : `switchboard, ${name}`;

export const isPeer = (name: ServerName): name is PeerName => name in peers;

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  listener.stop(true);
  return listener.port;
}

/** Resolves when somebody listens. */
async function answering(port: number, name: ServerName): Promise<void> {
  const end = Date.now() + START_MS;
  while (Date.now() < end) {
    try {
      closeSocket(connectTo(port));
      return;
    } catch {
      await Bun.sleep(50);
    }
  }
  throw new Error(`${name} did not start in ${START_MS} ms`);
}

const settings = (name: ServerName, directory: string) => ({
  WS_PORT: "0",
  HOST: "127.0.0.1",
  DATABASE_URL: `file:${join(directory, "bench.db")}`,
  SQLITE_SYNCHRONOUS: name === "bare" ? "" : name,
  JWT_SECRET: secret,
  API_KEYS: secret,
  MAX_CONNECTIONS: "0",
  MAX_CONNECTIONS_PER_USER: "0",
  MESSAGE_RATE_LIMIT: "0",
  MESSAGE_BURST_LIMIT: "0",
  MAX_GIFTS_PER_SECOND: "0",
  CONNECTION_RATE_LIMIT: "0",
  ADDRESS_RATE_LIMIT: "0",
  ROOM_RATE_LIMIT: "0",
  LOG_LEVEL: "warn",
  AI_BASE_URL: "",
});

function listening(stdout: ReadableStream<Uint8Array>, name: ServerName): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  setTimeout(() => reject(new Error(`${name} did not start in ${START_MS} ms`)), START_MS).unref();
  const read = async () => {
    const decoder = new TextDecoder();
    let text = "";
    // Reads on after the port is known, so that a full pipe never stops the server.
    for await (const chunk of stdout) {
      if (text.length < 10_000) text += decoder.decode(chunk, { stream: true });
      const port = /listening on http:\/\/[^\s:]+:(\d+)/.exec(text)?.[1];
      if (port) resolve(Number(port));
    }
    reject(new Error(`${name} ended before it listened`));
  };
  read().catch(reject);
  return promise;
}
