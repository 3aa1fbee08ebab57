import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { issueToken } from "../../src/auth/issue.ts";
import { readConfig } from "../../src/config.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { startSwitchboard } from "../../src/switchboard.ts";
import { connect, type TestClient } from "./client.ts";

export const SECRET = "a secret of the tests, long enough";
export const API_KEY = "an-api-key-of-the-tests";

export interface TestServerOptions {
  /** Settings over the tests' own: a free port, a fresh directory, no rate limit. */
  readonly env?: Record<string, string>;
  readonly clock?: Clock;
  /** A directory that outlives the server, for starting it again on the same data. */
  readonly directory?: string;
}

export interface TokenWishes {
  readonly name?: string;
  readonly rooms?: readonly string[];
  readonly roles?: readonly string[];
  readonly ttl?: string;
}

/** A server in this process, on a free port and a database of its own. Stop it in `afterEach` or `afterAll`. */
export async function startTestServer({ env = {}, clock = systemClock, directory }: TestServerOptions = {}) {
  const data = directory ?? mkdtempSync(join(tmpdir(), "switchboard-test-"));
  const lines: string[] = [];
  const config = readConfig({
    WS_PORT: "0",
    HOST: "127.0.0.1",
    DATABASE_URL: `file:${join(data, "test.db")}`,
    SQLITE_SYNCHRONOUS: "NORMAL",
    JWT_SECRET: SECRET,
    API_KEYS: API_KEY,
    MESSAGE_RATE_LIMIT: "0",
    CONNECTION_RATE_LIMIT: "0",
    MAX_CONNECTIONS_PER_USER: "0",
    SHUTDOWN_GRACE_MS: "1000",
    ...env,
  });
  const log = pino({ level: config.LOG_LEVEL }, { write: (line: string) => void lines.push(line) });
  const running = await startSwitchboard(config, log, clock);
  const at = `127.0.0.1:${running.port}`;
  const clients: TestClient[] = [];

  const token = (userId: string, { rooms = ["*"], roles = [], ttl = "1h", name }: TokenWishes = {}) =>
    issueToken({ secret: SECRET, userId, rooms, roles, ttl, clock, ...(name !== undefined && { name }) });

  return {
    port: running.port,
    /** What it logged, line by line. */
    lines,
    token,
    url: (path: string) => `ws://${at}${path}`,
    /** An HTTP request to it, with the API key. */
    http: (method: string, path: string, body?: unknown) =>
      fetch(`http://${at}${path}`, {
        method,
        headers: { authorization: `Bearer ${API_KEY}` },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    /** Connects to a path as it stands. */
    async connect(path: string, options?: Bun.WebSocketOptions): Promise<TestClient> {
      const client = await connect(`ws://${at}${path}`, options);
      clients.push(client);
      return client;
    },
    /** A gurukul client of this user. */
    async chat(userId: string, wishes: TokenWishes & { query?: string } = {}): Promise<TestClient> {
      return this.connect(`/ws?token=${await token(userId, wishes)}${wishes.query ?? ""}`);
    },
    async stop(): Promise<void> {
      for (const client of clients) client.close();
      await running.stop();
      if (!directory) rmSync(data, { recursive: true, force: true });
    },
    /** Stops it as an operator would, clients connected. */
    shutdown: () => running.stop(),
  };
}

export type TestServer = Awaited<ReturnType<typeof startTestServer>>;
