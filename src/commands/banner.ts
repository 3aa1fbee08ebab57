import { join, relative } from "node:path";
import { shownUrl } from "../config/shown-url.ts";
import type { Config } from "../config.ts";

/** What `serve` prints when it listens: where, and the three things that a newcomer does next. */
export function banner(config: Config, port: number, version: string): string {
  const secure = config.TLS_CERT_FILE ? "s" : "";
  const at = `${hostOf(config)}:${port}`;
  const origin = `http${secure}://${at}`;
  return [
    `Switchboard ${version} listening on ${origin}`,
    `  console ${origin}/`,
    `  chat    ws${secure}://${at}${config.WS_PATH}?token=<token>`,
    `  data    ${config.DATABASE_URL}`,
    `  token   ${tokenHint(config)}`,
    `  post    curl -X PUT ${origin}/v1/rooms/chat:chat-1 -H "Authorization: Bearer ${keyHint(config)}" -d '{"title":"First steps"}'`,
  ].join("\n");
}

/** As a URL spells it. */
function hostOf({ HOST }: Config): string {
  if (["0.0.0.0", "::"].includes(HOST)) return "localhost";
  return HOST.includes(":") ? `[${HOST}]` : HOST;
}

function tokenHint(config: Config): string {
  if (config.JWT_JWKS_URL && !config.JWT_SECRET)
    return `from the issuer whose keys are at ${shownUrl(config.JWT_JWKS_URL)}`;
  const command = process.argv[1]?.endsWith("main.ts") ? "bun run token" : "switchboard token";
  return `${command} --user <id>${config.production ? " --room <room>" : ""}`;
}

/** The file that holds the key, never the key itself. */
function keyHint({ API_KEYS, dataDirectory }: Config): string {
  if (API_KEYS) return "<API key>";
  const file = join(dataDirectory, "api-key");
  const near = relative(process.cwd(), file);
  const path = near.startsWith("..") ? file : near;
  return `$(cat ${/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`})`;
}
