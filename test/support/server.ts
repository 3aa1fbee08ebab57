import { afterAll } from "bun:test";
import {
  startTestServer as startBareServer,
  type TestServerOptions,
  type TokenOptions,
} from "../../src/testing/server.ts";
import { connect, type TestClient } from "./client.ts";

export { API_KEY, SECRET, type TestServerOptions, type TokenOptions } from "../../src/testing/server.ts";

/** The server of the testing kit, with its log and with clients that end with it. Stop it in `afterEach`, or with `stopAfterAll`. */
export async function startTestServer(options: TestServerOptions = {}) {
  const lines: string[] = [];
  const server = await startBareServer({ log: (line) => void lines.push(line), ...options });
  const clients: TestClient[] = [];
  return {
    ...server,
    /** What it logged, line by line. */
    lines,
    /** Connects to a path as it stands. */
    async connect(path: string, how?: Bun.WebSocketOptions): Promise<TestClient> {
      const client = await connect(server.url(path), how);
      clients.push(client);
      return client;
    },
    /** A gurukul client of this user. */
    async chat(userId: string, wishes: TokenOptions & { query?: string } = {}): Promise<TestClient> {
      return this.connect(`/ws?token=${await server.token(userId, wishes)}${wishes.query ?? ""}`);
    },
    async stop(): Promise<void> {
      for (const client of clients) client.close();
      await server.stop();
    },
    /** Stops it as an operator would, clients connected. */
    shutdown: server.stop,
  };
}

export type TestServer = Awaited<ReturnType<typeof startTestServer>>;

/** Stops it when the tests of the file that started it are over. */
export function stopAfterAll<Started extends { stop(): unknown }>(started: Started): Started {
  afterAll(async () => {
    await started.stop();
  });
  return started;
}
