import { existsSync } from "node:fs";
import { z } from "zod";
import { firstKey } from "../auth/api-keys.ts";
import { ConfigError, checkEnvFiles, readConfig } from "../config.ts";
import { reasonOf } from "../feed/webhook-send.ts";
import type { ClusterState } from "../http/cluster.ts";
import { inspectLog } from "../storage/inspect.ts";
import { clusterLines } from "./cluster-lines.ts";
import { originOf, parseOptions, refuseMore } from "./usage.ts";

const HELP = `Shows whether a running server is ready, the id of its log, and how far it has applied that log.

Usage: switchboard status [URL]

The URL is http://localhost:3001 by default; WS_PORT and TLS_CERT_FILE change it. Where no server answers there,
status shows what the database holds. Two servers of one log have the same hash at the same position.

Of several nodes it shows all of them, and the servers of the log, with the first key of API_KEYS in the environment.

The exit code is 0 when the server is ready, 1 when it is not or none answers.`;

/** A server that is busy for longer than this is not well. */
const ANSWER_MS = 5_000;
const HASH_DIGITS = 12;

const readiness = z.object({ status: z.string(), reason: z.string().optional() });
const load = z.object({ connections: z.number(), uptime: z.number() });

/** Prints what it found. The exit code says whether a server is ready. Throws `UsageError`. */
export async function statusCommand(
  args: string[],
  env: Record<string, string | undefined>,
): Promise<number> {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [url, ...more] = positionals;
  refuseMore("status", more, "one URL");
  if (url !== undefined) {
    const origin = originOf(url);
    return await ofServer(origin, {}, firstKey(env["API_KEYS"])).catch((error) => noAnswer(origin, error));
  }
  checkEnvFiles();
  const config = readConfig(env);
  const origin = `http${config.TLS_CERT_FILE ? "s" : ""}://localhost:${config.WS_PORT}`;
  try {
    // The certificate names the host that clients know, not this one.
    const options = { tls: { rejectUnauthorized: false }, proxy: false } as const;
    return await ofServer(origin, options, firstKey(env["API_KEYS"]));
  } catch (error) {
    noAnswer(origin, error);
    if (!existsSync(config.DATABASE_URL)) console.log(`there is no database ${config.DATABASE_URL}`);
    else {
      const { logId, position, hash } = logOf(config.DATABASE_URL);
      console.log(`${config.DATABASE_URL}: the database\n${logLine(logId, position, hash)}`);
    }
    return 1;
  }
}

function logOf(file: string) {
  try {
    return inspectLog(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new ConfigError(`DATABASE_URL: ${file} cannot be used (${reason})`);
  }
}

async function ofServer(origin: string, options: BunFetchRequestInit, key?: string): Promise<number> {
  const ask = (path: string, headers = {}) =>
    fetch(`${origin}${path}`, { headers, signal: AbortSignal.timeout(ANSWER_MS), ...options });
  const [ready, health, metrics] = await Promise.all(
    ["/health/ready", "/ws/health", "/metrics"].map((path) => ask(path)),
  );
  const { status, reason } = readiness.parse(await ready!.json());
  const { connections, uptime } = load.parse(await health!.json());
  const lines = (await metrics!.text()).split("\n");
  const after = (start: string) => lines.find((line) => line.startsWith(start))?.slice(start.length);
  const metric = (name: string) => after(`switchboard_${name} `);
  const label = (name: string, of: string) =>
    Array.from(after(`switchboard_${name}{`)?.matchAll(/(\w+)="([^"]*)"/g) ?? []).find(
      ([, key]) => key === of,
    )?.[2];
  const position = Number(metric("log_position") ?? Number.NaN);
  const hash = Number(metric("log_hash") ?? Number.NaN);
  const nodes = metric("cluster_nodes");
  const cluster = nodes === undefined ? [] : await ofCluster(nodes, key, ask);
  console.log(
    [
      `${origin}: ${status}${reason === undefined ? "" : ` (${reason})`}`,
      `  version      ${label("build_info", "version")}, up ${Math.floor(uptime).toLocaleString("en")} s`,
      `  connections  ${connections.toLocaleString("en")}`,
      logLine(label("log_info", "log") ?? null, position, hash.toString(16).padStart(HASH_DIGITS, "0")),
      ...cluster,
    ].join("\n"),
  );
  return ready!.ok ? 0 : 1;
}

/** All nodes, as far as the key allows. */
async function ofCluster(
  nodes: string,
  key: string | undefined,
  ask: (path: string, headers: Record<string, string>) => Promise<Response>,
): Promise<string[]> {
  const short = (why: string) => [`  cluster      ${nodes} nodes are alive; ${why} to see them`];
  if (key === undefined) return short("set API_KEYS");
  const answer = await ask("/v1/cluster", { authorization: `Bearer ${key}` });
  if (!answer.ok) return short("the first key of API_KEYS must have the scope admin for all contracts");
  return clusterLines((await answer.json()) as ClusterState);
}

function noAnswer(origin: string, error: unknown): number {
  console.log(`${origin}: no Switchboard answers (${error instanceof Error ? reasonOf(error) : error})`);
  return 1;
}

const logLine = (logId: string | null, position: number, hash: string | undefined): string =>
  `  log          ${logId ?? "without an id"}, position ${position.toLocaleString("en")}, hash ${hash?.slice(0, HASH_DIGITS) ?? "none yet"}`;

const OPTIONS = { help: { type: "boolean", short: "h" } } as const;
