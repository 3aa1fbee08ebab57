import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Faults } from "./faults.ts";
import type { Target } from "./target.ts";

const SECRET = "the secret of a server that is verified";
const API_KEY = "the-key-of-a-server-that-is-verified";

/**
 * No limits except for slow readers, whom the run must meet. Heartbeats are short enough to notice dead peers
 * during the run.
 */
const SETTINGS = {
  WS_PORT: "0",
  HOST: "127.0.0.1",
  NODE_ENV: "production",
  JWT_SECRET: SECRET,
  API_KEYS: API_KEY,
  MESSAGE_RATE_LIMIT: "0",
  ROOM_RATE_LIMIT: "0",
  CONNECTION_RATE_LIMIT: "0",
  ADDRESS_RATE_LIMIT: "0",
  MAX_CONNECTIONS_PER_USER: "0",
  MAX_GIFTS_PER_SECOND: "0",
  MAX_BUFFERED_BYTES: "262144",
  HEARTBEAT_INTERVAL_MS: "1000",
  WEBHOOK_ALLOW: "127.0.0.1",
  WEBHOOK_TIMEOUT_MS: "1000",
  LOG_LEVEL: "error",
};

/** The same executable as a server: Bun with the source, or the binary itself. */
const command = (): string[] => {
  const script = process.argv[1];
  return script?.endsWith(".ts") ? [process.execPath, "run", script, "serve"] : [process.execPath, "serve"];
};

/** A server in a temporary directory, which can be killed and restarted on the same data. */
export class OwnServer implements Target {
  readonly secret = SECRET;
  readonly apiKey = API_KEY;
  /** Lines of its log, which holds only errors. */
  readonly errors: string[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), "switchboard-verify-"));
  #child: Bun.Subprocess | undefined;
  #port = 0;
  #isKilled = false;

  /** Where it listens now. */
  get port(): number {
    return this.#port;
  }

  get database(): string {
    return join(this.#directory, "verify.db");
  }

  constructor(
    private readonly faults: Faults,
    private readonly more: Readonly<Record<string, string>> = {},
  ) {
    process.once("exit", this.#leaveNothing);
  }

  origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Resolves when the server listens; rejects if it fails to. */
  async start(): Promise<void> {
    const { PATH = "", HOME = "" } = process.env;
    // With the signal ignored, a limit on file sizes acts like a full disk.
    const ignoring = ["sh", "-c", `trap '' XFSZ; exec "$@"`, "sh"];
    const child = Bun.spawn([...ignoring, ...command()], {
      cwd: this.#directory,
      env: { PATH, HOME, ...SETTINGS, ...this.more, DATABASE_URL: `file:${this.database}` },
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#child = child;
    this.#isKilled = false;
    void this.#keepErrors(child.stderr);
    const port = await portOf(child.stdout);
    if (port === undefined)
      throw new Error(`the server did not start: ${this.errors.at(-1) ?? "it said nothing"}`);
    this.#port = port;
    void child.exited.then((code) => {
      if (child === this.#child && !this.#isKilled) this.faults.add("died", `with exit code ${code}`);
    });
  }

  /** Kills the server without a warning. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    this.#child?.kill("SIGKILL");
    await this.#child?.exited;
  }

  /**
   * From now on none of its files may grow beyond this size; undefined removes the limit. False where the
   * system has no such limit.
   */
  limitFiles(bytes: number | undefined): boolean {
    if (!this.#child) return false;
    try {
      const limit = bytes === undefined ? "unlimited" : `${bytes}`;
      return Bun.spawnSync(["prlimit", "--pid", `${this.#child.pid}`, `--fsize=${limit}:`]).success;
    } catch {
      return false;
    }
  }

  async end(): Promise<void> {
    await this.kill();
    process.off("exit", this.#leaveNothing);
    this.#leaveNothing();
  }

  readonly #leaveNothing = (): void => {
    this.#child?.kill("SIGKILL");
    rmSync(this.#directory, { recursive: true, force: true });
  };

  async #keepErrors(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      this.errors.push(...lines);
    }
  }
}

async function portOf(output: ReadableStream<Uint8Array>): Promise<number | undefined> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of output.values({ preventCancel: true })) {
    text += decoder.decode(chunk, { stream: true });
    const port = /listening on \S+:(\d+)/.exec(text)?.[1];
    if (port !== undefined) return Number(port);
  }
  return undefined;
}
