import { pino } from "pino";
import type { Config } from "../config.ts";
import { startSwitchboard } from "../switchboard.ts";

/** Serves until SIGTERM or SIGINT. */
export async function serveCommand(config: Config, version: string): Promise<void> {
  // Standard output is for people; the log, one JSON object a line, goes to standard error.
  const log = pino({ level: config.LOG_LEVEL, base: null }, pino.destination(2));
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

  const secure = config.TLS_CERT_FILE ? "s" : "";
  const at = `${hostOf(config)}:${running.port}`;
  console.log(`Switchboard ${version} listening on http${secure}://${at}`);
  console.log(`  chat    ws${secure}://${at}${config.WS_PATH}?token=<token>`);
  console.log(`  data    ${config.DATABASE_URL}`);
  console.log(`  token   ${tokenHint(config)}`);
  log.info({ port: running.port, database: config.DATABASE_URL }, "start");
}

/** As it stands in a URL. */
function hostOf({ HOST }: Config): string {
  if (["0.0.0.0", "::"].includes(HOST)) return "localhost";
  return HOST.includes(":") ? `[${HOST}]` : HOST;
}

function tokenHint(config: Config): string {
  if (config.JWT_JWKS_URL && !config.JWT_SECRET)
    return `from the issuer whose keys are at ${config.JWT_JWKS_URL}`;
  const command = process.argv[1]?.endsWith("main.ts") ? "bun run token" : "switchboard token";
  return `${command} --user <id>${config.production ? " --room <room>" : ""}`;
}
