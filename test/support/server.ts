import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type TestServer as BareServer,
  startTestServer as startBareServer,
  type TestServerOptions,
  type TokenOptions,
} from "../../src/testing/server.ts";
import { connect, type TestClient } from "./client.ts";

export { API_KEY, SECRET, type TestServerOptions, type TokenOptions } from "../../src/testing/server.ts";

export interface TestServer extends BareServer {
  /** Where its data is, until it stops. */
  readonly directory: string;
  /** What it logged, line by line. */
  readonly lines: readonly string[];
  /** Connects to a path as it stands. */
  connect(path: string, options?: Bun.WebSocketOptions): Promise<TestClient>;
  /** A gurukul client of this user. */
  chat(userId: string, options?: TokenOptions & { query?: string }): Promise<TestClient>;
  /** Stops it as an operator would, clients connected. */
  shutdown(): Promise<void>;
  /** Another on the same data, once this one has stopped; its settings over this one's. */
  restart(env?: TestServerOptions["env"]): Promise<TestServer>;
}

/** The server of the testing kit, with its log and with clients that end with it. Stop it in `afterEach`, or with `stopAfterAll`. */
export function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { directory } = options;
  if (directory !== undefined) return startIn(directory, options, () => {});
  const own = mkdtempSync(join(tmpdir(), "switchboard-test-"));
  return startIn(own, options, () => rmSync(own, { recursive: true, force: true }));
}

async function startIn(
  directory: string,
  options: TestServerOptions,
  stopped: () => void,
): Promise<TestServer> {
  const lines: string[] = [];
  const clients: TestClient[] = [];
  const server = await startBareServer({ log: (line) => void lines.push(line), ...options, directory });
  async function stop(): Promise<void> {
    for (const client of clients) client.close();
    await server.stop();
  }
  const started: TestServer = {
    ...server,
    directory,
    lines,
    async connect(path, how) {
      const client = await connect(server.url(path), how);
      clients.push(client);
      return client;
    },
    async chat(userId, options = {}) {
      return started.connect(`/ws?token=${await server.token(userId, options)}${options.query ?? ""}`);
    },
    async stop() {
      await stop();
      stopped();
    },
    shutdown: server.stop,
    async restart(env) {
      await stop();
      return startIn(directory, { ...options, env: { ...options.env, ...env } }, stopped);
    },
  };
  return started;
}

/** Stops it when the tests of the file that started it are over. */
export function stopAfterAll<Started extends { stop(): unknown }>(started: Started): Started {
  afterAll(async () => {
    await started.stop();
  });
  return started;
}
