import type { Config } from "../config.ts";
import { startSwitchboard } from "../switchboard.ts";
import { banner } from "./banner.ts";
import { openLog } from "./log.ts";

/** Serves until SIGTERM or SIGINT. */
export async function serveCommand(config: Config, version: string): Promise<void> {
  const log = await openLog(config);
  process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));
  process.on("uncaughtException", (error) => log.error({ err: error }, "uncaught exception"));

  const running = await startSwitchboard(config, log);
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stop");
    await running.stop();
    process.exit(0);
  };
  // Before the first line is out, for it tells others that they may use the server, and stop it.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(signal));

  console.log(banner(config, running.port, version));
  log.info({ port: running.port, database: config.DATABASE_URL }, "start");
}
