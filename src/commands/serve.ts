import type { Config } from "../config.ts";
import { systemClock } from "../core/ports/clock.ts";
import { startSwitchboard } from "../switchboard.ts";
import { banner } from "./banner.ts";
import { onEnding } from "./ending.ts";
import { openLog } from "./log.ts";

/** Serves until SIGTERM, SIGINT or SIGHUP. */
export async function serveCommand(config: Config, version: string): Promise<void> {
  const { log, lostLines } = await openLog(config);
  process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));
  process.on("uncaughtException", (error) => log.error({ err: error }, "uncaught exception"));

  const running = await startSwitchboard(config, log, systemClock, lostLines);
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stop");
    await running.stop();
    process.exit(0);
  };
  // Before the first line is out, for it tells others that they may use the server, and stop it.
  onEnding((why) => void stop(why));

  console.log(banner(config, running.port, version));
  log.info({ port: running.port, database: config.DATABASE_URL }, "start");
}
