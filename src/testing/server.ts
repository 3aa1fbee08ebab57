import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { firstKey } from "../auth/api-keys.ts";
import { issueToken } from "../auth/issue.ts";
import { readConfig } from "../config.ts";
import { systemClock } from "../core/ports/clock.ts";
import { startSwitchboard } from "../switchboard.ts";
import type { TestServer, TestServerOptions } from "./test-server.ts";

export type { TestServer, TestServerOptions, TokenOptions } from "./test-server.ts";

export const SECRET = "a secret of tests, which is long enough";
export const API_KEY = "an-api-key-of-tests";

/** A real server in this process, on a free port and a database of its own. Needs Bun. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { env = {}, clock = systemClock, directory, log } = options;
  const data = directory ?? mkdtempSync(join(tmpdir(), "switchboard-testing-"));
  const config = readConfig({
    WS_PORT: "0",
    HOST: "127.0.0.1",
    DATABASE_URL: `file:${join(data, "test.db")}`,
    SQLITE_SYNCHRONOUS: "NORMAL",
    JWT_SECRET: SECRET,
    API_KEYS: API_KEY,
    MESSAGE_RATE_LIMIT: "0",
    CONNECTION_RATE_LIMIT: "0",
    ADDRESS_RATE_LIMIT: "0",
    MAX_CONNECTIONS_PER_USER: "0",
    SHUTDOWN_DELAY_MS: "0",
    SHUTDOWN_GRACE_MS: "1000",
    LOG_LEVEL: log ? "info" : "silent",
    ...env,
  });
  const level = { level: config.LOG_LEVEL };
  const { port, stop } = await startSwitchboard(
    config,
    log ? pino(level, { write: log }) : pino(level),
    clock,
  );
  return {
    port,
    url: (path) => `ws://127.0.0.1:${port}${path}`,
    token: (userId, { rooms = ["*"], roles = [], ttl = "1h", name } = {}) =>
      issueToken({
        ...{ secret: config.JWT_SECRET ?? SECRET, userId, rooms, roles, ttl, clock },
        ...(name !== undefined && { name }),
      }),
    http: (method, path, body) =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { authorization: `Bearer ${firstKey(config.API_KEYS?.[0]) ?? API_KEY}` },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    async stop() {
      await stop();
      if (directory === undefined) rmSync(data, { recursive: true, force: true });
    },
  };
}
