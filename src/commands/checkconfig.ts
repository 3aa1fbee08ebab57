import { existsSync } from "node:fs";
import { join } from "node:path";
import { createAgent } from "../agents/choose.ts";
import { parseApiKeys } from "../auth/api-keys.ts";
import { checkSecrets } from "../auth/secrets.ts";
import { createTokenVerifier } from "../auth/tokens.ts";
import { shownUrl } from "../config/shown-url.ts";
import { type Config, ConfigError } from "../config.ts";
import { systemClock } from "../core/ports/clock.ts";
import { protocols } from "../protocols/all.ts";
import { inspectDatabase } from "../storage/inspect.ts";
import { proveTls, readTls } from "../tls.ts";

/** The values of these settings are never shown. */
const SECRETS: ReadonlySet<string> = new Set(["JWT_SECRET", "API_KEYS", "AI_API_KEY", "DISCORD_BOT_TOKEN"]);

/**
 * Prints the resolved settings, without secrets, and checks the files that they name as `serve` would. It
 * creates and changes nothing. A fault that would not stop `serve` is a warning on standard error. Throws
 * `ConfigError` with every fault that would.
 */
export async function checkconfigCommand(config: Config): Promise<void> {
  const { production: _, dataDirectory, ...settings } = config;
  for (const [name, value] of Object.entries(settings)) console.log(`${name}=${shown(name, value)}`);
  if (!config.JWT_SECRET && !config.JWT_JWKS_URL) madeOnce("JWT_SECRET", join(dataDirectory, "jwt-secret"));
  if (!config.API_KEYS) madeOnce("API_KEYS", join(dataDirectory, "api-key"));

  const problems: string[] = [];
  await attempt(problems, () => checkSecrets(config));
  await attempt(problems, () => createAgent(config));
  await attempt(problems, () => parseApiKeys(config.API_KEYS ?? [], Object.keys(protocols)));
  await attempt(problems, async () => {
    const pair = readTls(config);
    if (pair) await proveTls(pair);
    if (pair && pair.validTo < Date.now()) warn("TLS_CERT_FILE: the certificate has expired");
  });
  await attempt(
    problems,
    () => {
      const pending = inspectDatabase(config.DATABASE_URL);
      if (pending > 0)
        console.log(
          `# ${config.DATABASE_URL}: serve will apply ${pending} migration${pending === 1 ? "" : "s"}`,
        );
    },
    `DATABASE_URL: ${config.DATABASE_URL} cannot be used`,
  );
  await attempt(problems, () => proveHost(config.HOST), `HOST: cannot listen on ${config.HOST}`);
  if (config.LOG_URL) {
    await attempt(problems, async () => {
      const { describeLog } = await import("../log/describe.ts");
      for (const line of await describeLog(config)) console.log(`# ${line}`);
    });
  }
  if (config.JWT_JWKS_URL !== undefined) {
    await createTokenVerifier({ clock: systemClock, log: warn, jwksUrl: config.JWT_JWKS_URL }).prefetch();
  }
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  console.log("# serve can start with these settings");
}

/** Listens there for a moment, on any port: a server may have the one that is set. */
function proveHost(hostname: string): void {
  Bun.listen({ hostname, port: 0, socket: { data() {} } }).stop(true);
}

const warn = (line: string): void => console.error(`switchboard: warning: ${line}`);

function madeOnce(name: string, file: string): void {
  console.log(`# ${name}: ${existsSync(file) ? "" : "serve will create "}${file}`);
}

async function attempt(problems: string[], work: () => unknown, otherwise?: string): Promise<void> {
  try {
    await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push(error instanceof ConfigError || !otherwise ? reason : `${otherwise} (${reason})`);
  }
}

function shown(name: string, value: unknown): string {
  if (value === undefined) return "";
  if (SECRETS.has(name)) return Array.isArray(value) ? `<${value.length} set>` : "<set>";
  return name.endsWith("_URL") ? [value].flat().map(String).map(shownUrl).join(",") : String(value);
}
