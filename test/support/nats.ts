import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The server that keeps the log: the tests that need it are skipped where there is none, except in CI. */
const binary = process.env["NATS_SERVER"] || Bun.which("nats-server");
if (!binary && process.env["CI"] === "true")
  throw new Error("there is no nats-server: set NATS_SERVER, see scripts/get-nats.sh");
if (!binary)
  console.warn(
    "SKIPPED: there is no nats-server for the tests of the log: `scripts/get-nats.sh <directory>` gets it",
  );
export const hasNats = Boolean(binary);
export const natsBinary = binary ?? undefined;

export interface NatsServer {
  /** For `LOG_URL`. */
  readonly url: string;
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts again after a kill, at the same port and with the same data. */
  restart(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Ends it for good, with its data. */
  stop(): Promise<void>;
}

export interface NatsOptions {
  /** Lines of its configuration. */
  readonly config?: string;
  readonly maxPayload?: string;
  readonly jetstream?: boolean;
}

/** One server of its own, with JetStream, on a free port. */
export async function startNats(options: NatsOptions = {}): Promise<NatsServer> {
  const directory = mkdtempSync(join(tmpdir(), "switchboard-nats-"));
  const { config = "", maxPayload = "8MB", jetstream = true } = options;
  const file = join(directory, "nats.conf");
  let port = -1;
  let child: Bun.Subprocess<"ignore", "ignore", "pipe">;
  /** Those that were ended on purpose. */
  const ended = new Set<unknown>();
  async function start(): Promise<void> {
    await Bun.write(
      file,
      `listen: "127.0.0.1:${port}"
max_payload: ${maxPayload}
${jetstream ? `jetstream { store_dir: "${directory}", max_file: 4GB }` : ""}
${config}
`,
    );
    child = Bun.spawn([binary!, "--config", file], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
    const started = child;
    void started.exited.then((code) => {
      if (!ended.has(started)) console.error(`nats-server at ${port} ended by itself with ${code}`);
    });
    port = await portOf(child);
  }
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    async kill(signal = "SIGKILL") {
      ended.add(child);
      child.kill(signal);
      await child.exited;
    },
    restart: start,
    pause: () => child.kill("SIGSTOP"),
    resume: () => child.kill("SIGCONT"),
    async stop() {
      ended.add(child);
      child.kill("SIGCONT");
      child.kill("SIGKILL");
      await child.exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Resolves when it is ready for connections. */
async function portOf({ stderr }: Bun.Subprocess<"ignore", "ignore", "pipe">): Promise<number> {
  const said = Promise.withResolvers<number>();
  let text = "";
  let port = 0;
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of stderr) {
      text += decoder.decode(chunk, { stream: true });
      port = Number(/Listening for client connections on \S+:(\d+)/.exec(text)?.[1] ?? 0);
      if (/Server is ready/.test(text) && port > 0) said.resolve(port);
    }
    said.reject(new Error(`nats-server did not start:\n${text}`));
  })();
  return said.promise;
}

/** Settings of a node on this server. */
export const clusterEnv = ({ url }: NatsServer, name: string): Record<string, string> => ({
  LOG_URL: url,
  LOG_REPLICAS: "1",
  NODE_NAME: name,
});
