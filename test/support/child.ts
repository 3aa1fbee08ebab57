import { join } from "node:path";
import { issueToken } from "../../src/auth/issue.ts";
import { systemClock } from "../../src/core/ports/clock.ts";
import { connect, type TestClient } from "./client.ts";
import { API_KEY, SECRET } from "./server.ts";

const MAIN = join(import.meta.dir, "../../src/main.ts");

export interface ChildOptions {
  /** Holds the database, and outlives the process. */
  readonly directory: string;
  readonly env?: Record<string, string>;
  /** What starts the server's own command, given as its last arguments. */
  readonly through?: readonly string[];
}

/** A server in a process of its own, which can die. Resolves when it listens. */
export async function startChild({ directory, env = {}, through = [] }: ChildOptions) {
  const child = Bun.spawn([...through, process.execPath, "run", MAIN], {
    env: {
      PATH: process.env["PATH"] ?? "",
      WS_PORT: "0",
      HOST: "127.0.0.1",
      DATABASE_URL: `file:${databaseOf(directory)}`,
      JWT_SECRET: SECRET,
      API_KEYS: API_KEY,
      MESSAGE_RATE_LIMIT: "0",
      MAX_CONNECTIONS_PER_USER: "0",
      LOG_LEVEL: "error",
      ...env,
    },
    stdout: "pipe",
    stderr: "pipe",
  });
  const errors = new Response(child.stderr).text();
  const port = await portOf(child.stdout);
  if (port === undefined) throw new Error(`the server did not start: ${await errors}`);
  return {
    pid: child.pid,
    port,
    /** Resolves to what it wrote to standard error, when it has ended. */
    errors,
    async chat(userId: string): Promise<TestClient> {
      return connect(await this.url(userId));
    },
    /** Where this user connects to, token included. */
    async url(userId: string): Promise<string> {
      const who = { userId, rooms: ["*"], roles: [], ttl: "1h" };
      const token = await issueToken({ ...who, secret: SECRET, clock: systemClock });
      return `ws://127.0.0.1:${port}/ws?token=${token}`;
    },
    /** No warning, no last word. */
    async kill(): Promise<void> {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

export type ChildServer = Awaited<ReturnType<typeof startChild>>;

export const databaseOf = (directory: string): string => join(directory, "test.db");

async function portOf(output: ReadableStream<Uint8Array>): Promise<string | undefined> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of output) {
    text += decoder.decode(chunk, { stream: true });
    const port = /listening on \S+:(\d+)/.exec(text)?.[1];
    if (port !== undefined) return port;
  }
  return undefined;
}
