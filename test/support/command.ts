import { afterAll } from "bun:test";
import { join } from "node:path";
import { issueToken } from "../../src/auth/issue.ts";
import { systemClock } from "../../src/core/ports/clock.ts";
import { temporaryDirectory } from "./directory.ts";

const MAIN = join(import.meta.dir, "../../src/main.ts");

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CommandOptions {
  /** All of its environment, but for the path. */
  readonly env?: Record<string, string>;
  /** The directory to run in: without a DATABASE_URL its data lies in `data` there. */
  readonly directory: string;
  /** What starts the command, given as its last arguments. */
  readonly through?: readonly string[];
}

const running = new Set<Bun.Subprocess>();

function spawn(args: readonly string[], { env = {}, directory, through = [] }: CommandOptions) {
  const child = Bun.spawn([...through, process.execPath, "run", MAIN, ...args], {
    cwd: directory,
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  running.add(child);
  void child.exited.then(() => running.delete(child));
  return child;
}

/** A directory to run in for the tests of a file. After them what a failed one has left running is ended. */
export function commandDirectory(): string {
  afterAll(() => {
    for (const child of running) child.kill("SIGKILL");
  });
  return temporaryDirectory();
}

/** Runs the command line to its end. */
export async function command(args: readonly string[], options: CommandOptions): Promise<Ended> {
  const child = spawn(args, options);
  const [code, out, err] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, out, err };
}

/** `serve` on a free port of this machine. Resolves when it has said all that it says at its start. */
export async function serve({ env = {}, ...options }: CommandOptions) {
  const child = spawn(["serve"], { env: { WS_PORT: "0", HOST: "127.0.0.1", ...env }, ...options });
  const err = new Response(child.stderr).text();
  const started = Promise.withResolvers<void>();
  let out = "";
  const decoder = new TextDecoder();
  const complete = (async () => {
    for await (const chunk of child.stdout) {
      out += decoder.decode(chunk, { stream: true });
      if (/^ {2}post .*\n/m.test(out)) started.resolve();
    }
  })();
  void complete.then(async () => started.reject(new Error(`it did not start: ${await err}`)));
  await started.promise;
  return {
    /** What it said at its start, line by line. */
    lines: out.trimEnd().split("\n"),
    pid: child.pid,
    port: Number(/:(\d+)$/m.exec(out)?.[1]),
    async end(signal: NodeJS.Signals): Promise<Ended> {
      child.kill(signal);
      const code = await child.exited;
      await complete;
      return { code, out, err: await err };
    },
  };
}

export type ServedCommand = Awaited<ReturnType<typeof serve>>;

/** A token of anybody's, signed with this secret. */
export const tokenOf = (secret: string): Promise<string> =>
  issueToken({ secret, userId: "ada", rooms: ["*"], roles: [], ttl: "1h", clock: systemClock });
