import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pinned } from "./machine.ts";
import type { LoadOrder } from "./resume-load.ts";
import { secret } from "./servers.ts";

/** One side of the load. The crowd yields to those whose times are measured: both share the core of the load. */
export function startLoad(order: LoadOrder, processes: AsyncDisposableStack) {
  const command = [process.execPath, "bench/resume-load.ts", JSON.stringify(order)];
  const polite = order.side === "crowd" ? ["nice", "-n", "15"] : [];
  const child = Bun.spawn(pinned("load", [...polite, ...command]), {
    env: { ...process.env, JWT_SECRET: secret },
    stdio: ["pipe", "pipe", "inherit"],
  });
  processes.defer(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: Readable.fromWeb(child.stdout as never) })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value ?? "{}");
  return {
    next,
    ask(command: string) {
      child.stdin.write(`${command}\n`);
      child.stdin.flush();
      return next();
    },
  };
}
