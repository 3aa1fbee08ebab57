import { join } from "node:path";
import type { CommandOptions } from "./command.ts";

const MAIN = join(import.meta.dir, "../../src/main.ts");

/** Runs `serve` in a pseudo-terminal, stops it when it has logged its start, and returns all that a person would see. */
export async function serveInTerminal({ env = {}, directory }: CommandOptions): Promise<string> {
  let seen = "";
  const decoder = new TextDecoder();
  const child = Bun.spawn([process.execPath, "run", MAIN, "serve"], {
    cwd: directory,
    env: { PATH: process.env["PATH"] ?? "", WS_PORT: "0", HOST: "127.0.0.1", ...env },
    terminal: {
      cols: 200,
      data(_, bytes) {
        seen += decoder.decode(bytes, { stream: true });
        // The start is the last line before it serves.
        if (/"port":\d+.*"database":/.test(seen)) child.kill("SIGTERM");
      },
    },
  });
  await child.exited;
  child.terminal?.close();
  return seen;
}
