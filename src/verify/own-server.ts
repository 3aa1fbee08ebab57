import { mkdtempSync, readdirSync, rmSync } from "node:fs";
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

/** Whether the program runs from source, so that a file can be loaded before it. */
export const isSource = (): boolean => process.argv[1]?.endsWith(".ts") === true;

/** The same executable as a server: Bun with the source, or the binary itself. */
function command(preload: string | undefined): string[] {
  if (!isSource()) return [process.execPath, "serve"];
  const loading = preload === undefined ? [] : ["--preload", preload];
  return [process.execPath, "run", ...loading, process.argv[1]!, "serve"];
}

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
  #isUp = false;

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
    /** A file that is loaded first, where the program is its source. */
    private readonly preload?: string,
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
    const child = Bun.spawn([...ignoring, ...command(this.preload)], {
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
    this.#isUp = true;
    void child.exited.then((code) => {
      if (child !== this.#child) return;
      this.#isUp = false;
      if (!this.#isKilled) this.faults.add("died", `with exit code ${code}`);
    });
  }

  /** Kills the server without a warning. */
  async kill(): Promise<void> {
    await this.#endBy("SIGKILL");
  }

  /** As for an upgrade: it sends its clients away first. */
  async terminate(): Promise<void> {
    const code = await this.#endBy("SIGTERM");
    if (code !== 0) this.faults.add("died", `with exit code ${code} after SIGTERM`);
  }

  async #endBy(signal: NodeJS.Signals): Promise<number | undefined> {
    this.#isKilled = true;
    this.#isUp = false;
    this.#child?.kill(signal);
    return this.#child?.exited;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** It listens, and was not ended. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** While it is up. */
  signal(signal: NodeJS.Signals): void {
    if (this.#isUp) this.#child?.kill(signal);
  }

  /** While it is down: it starts as if it had never been there. */
  removeData(): void {
    for (const file of readdirSync(this.#directory)) rmSync(join(this.#directory, file), { recursive: true });
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
