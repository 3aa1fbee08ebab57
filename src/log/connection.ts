import { readFileSync } from "node:fs";
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
} from "@nats-io/transport-node";
import { readPrivateFile } from "../config/private-file.ts";
import { type Config, ConfigError } from "../config.ts";

/** The oldest server that can keep the log. */
const MIN_VERSION = [2, 12] as const;
/** The largest batch, with what surrounds it, fits into this. */
export const MIN_PAYLOAD = 8 * 1_048_576;
/** A server that is silent for two pings is gone. */
const PING_MS = 2_000;
const RECONNECT_MS = 200;
const CONNECT_MS = 2_000;
const RETRY_MS = 250;

export type LogConfig = Pick<
  Config,
  | "LOG_URL"
  | "LOG_CREDENTIALS_FILE"
  | "LOG_TLS_CA_FILE"
  | "CLUSTER"
  | "LOG_REPLICAS"
  | "LOG_MAX_BYTES"
  | "NODE_NAME"
>;

/**
 * Connects to one of the servers of `LOG_URL`, and to another one whenever the connection is lost. Throws a
 * `ConfigError` when none answers within `patienceMs`, and at once for a server that cannot keep the log.
 */
export async function connectToLog(config: LogConfig, patienceMs: number): Promise<NatsConnection> {
  const options = optionsOf(config);
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await checkServer(await connect(options), config);
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      if (performance.now() >= deadline) throw new ConfigError(unreachable(config, error));
    }
    await Bun.sleep(RETRY_MS);
  }
}

function optionsOf(config: LogConfig): ConnectionOptions {
  const urls = (config.LOG_URL ?? []).map((text) => new URL(text));
  const named = urls.find(({ username }) => username !== "");
  const { LOG_CREDENTIALS_FILE: credentials, LOG_TLS_CA_FILE: ca } = config;
  const isEncrypted = ca !== undefined || urls.some(({ protocol }) => protocol === "tls:");
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port || 4222}`),
    name: `switchboard ${config.NODE_NAME}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    // Permissions that were taken away may be given back: the server goes on asking, and says so in its log.
    ignoreAuthErrorAbort: true,
    timeout: CONNECT_MS,
    pingInterval: PING_MS,
    maxPingOut: 2,
    ...(named && { user: decodeURIComponent(named.username), pass: decodeURIComponent(named.password) }),
    ...(credentials !== undefined && {
      authenticator: credsAuthenticator(
        new TextEncoder().encode(read("LOG_CREDENTIALS_FILE", credentials, readPrivateFile)),
      ),
    }),
    ...(isEncrypted && {
      tls: {
        ...(ca !== undefined && { ca: read("LOG_TLS_CA_FILE", ca, (file) => readFileSync(file, "utf8")) }),
      },
    }),
  };
}

function read(name: string, file: string, from: (file: string) => string): string {
  try {
    return from(file);
  } catch (error) {
    throw new ConfigError(
      `${name}: ${file} cannot be read (${error instanceof Error ? error.message : error})`,
    );
  }
}

async function checkServer(connection: NatsConnection, config: LogConfig): Promise<NatsConnection> {
  const { info } = connection;
  const fault = info ? faultOf(info) : "it has not said what it is";
  if (fault === undefined && config.LOG_REPLICAS > 1 && info?.cluster === undefined) {
    await connection.close();
    throw new ConfigError(
      `LOG_REPLICAS: ${info?.host}:${info?.port} is a server of its own and cannot keep ${config.LOG_REPLICAS} replicas: ` +
        "run several servers as one cluster, or set LOG_REPLICAS to 1",
    );
  }
  if (fault === undefined) return connection;
  await connection.close();
  throw new ConfigError(`LOG_URL: ${info?.host}:${info?.port} cannot keep the log: ${fault}`);
}

/** What is wrong with a server, from its own description. */
export function faultOf(info: {
  readonly version: string;
  readonly jetstream?: boolean;
  readonly max_payload: number;
}): string | undefined {
  const [major = 0, minor = 0] = info.version.split(".").map(Number);
  const [minMajor, minMinor] = MIN_VERSION;
  if (major < minMajor || (major === minMajor && minor < minMinor))
    return `it is nats-server ${info.version}, and must be ${MIN_VERSION.join(".")} or later`;
  if (!info.jetstream) return "it has no JetStream: add a jetstream block to its configuration";
  if (info.max_payload < MIN_PAYLOAD)
    return `its max_payload is ${info.max_payload}, and must be ${MIN_PAYLOAD} or more: set max_payload: 8MB`;
  return undefined;
}

function unreachable({ LOG_URL: urls = [] }: LogConfig, error: unknown): string {
  const hosts = urls.map((url) => new URL(url).host).join(", ");
  return `LOG_URL: none of the servers can be reached: ${hosts} (${error instanceof Error ? error.message : error})`;
}

/** Follows a connection until it is closed. */
export async function watchConnection(
  connection: NatsConnection,
  on: {
    disconnected(): void;
    reconnected(): void;
    note(line: string, context: Record<string, unknown>): void;
  },
): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === "ping") continue;
    if (status.type === "disconnect") on.disconnected();
    if (status.type === "reconnect") on.reconnected();
    if (status.type === "update" || status.type === "reconnecting") continue;
    const about = "server" in status ? { server: status.server } : {};
    on.note(`log: ${status.type}`, "error" in status ? { why: status.error.message } : about);
  }
}
