import { dirname } from "node:path";
import type { z } from "zod";
import { badEnvFiles } from "./config/env-files.ts";
import { environment } from "./config/environment.ts";

export type Config = Readonly<z.output<typeof environment>> & {
  readonly production: boolean;
  /** Folder of the database and of the created secrets. */
  readonly dataDirectory: string;
};

/** A setting is wrong or missing. Each line of the message names the variable and the expected value. */
export class ConfigError extends Error {}

/** Reads the settings from an environment. A blank variable counts as unset. Throws `ConfigError`. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const set = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => {
      const text = value?.trim() ?? "";
      return text === "" || !Object.hasOwn(environment.shape, name) ? [] : [[name, text]];
    }),
  );
  const unreadable = Object.entries(set).flatMap(([name, text]) => mistakeIn(name, text) ?? []);
  if (unreadable.length > 0) throw new ConfigError(unreadable.join("\n"));
  const parsed = environment.safeParse(set);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue) => `${issue.path.join(".")}: must be ${issue.message}`).join("\n"),
    );
  }
  const config = {
    ...parsed.data,
    ADDRESS_RATE_LIMIT: addressLimit(parsed.data, Object.hasOwn(set, "ADDRESS_RATE_LIMIT")),
    production: parsed.data.NODE_ENV === "production",
    dataDirectory: dirname(parsed.data.DATABASE_URL),
  };
  const missing = missingSettings(config);
  if (missing.length > 0) throw new ConfigError(missing.join("\n"));
  return config;
}

/** An operator who lifts the older of the two limits on an address means both, unless the newer one is set. */
const addressLimit = (
  { ADDRESS_RATE_LIMIT, CONNECTION_RATE_LIMIT }: z.output<typeof environment>,
  isSet: boolean,
): number => (CONNECTION_RATE_LIMIT === 0 && !isSet ? 0 : ADDRESS_RATE_LIMIT);

/** Bytes that are not UTF-8 arrive as this, and what they were is lost. */
const REPLACEMENT = "\ufffd";

/** What is wrong with a setting of any kind. The value may be a secret, and is not repeated. */
function mistakeIn(name: string, text: string): string | undefined {
  if (text.includes(REPLACEMENT)) return `${name}: must be UTF-8`;
  if (/^(["'`]).*\1$/s.test(text))
    return `${name}: must be without the quotes around it: what set it does not remove them`;
  if (/\p{Cc}/u.test(text)) return `${name}: must be one line, without control characters`;
  return undefined;
}

/** Throws `ConfigError` where Bun has read settings from a file and could not have understood it. */
export function checkEnvFiles(directory?: string): void {
  const bad = badEnvFiles(directory);
  if (bad.length > 0) throw new ConfigError(bad.map((file) => `${file}: must be UTF-8`).join("\n"));
}

function missingSettings(config: Config): string[] {
  const lines: string[] = [];
  if (config.production && !config.JWT_SECRET && !config.JWT_JWKS_URL) {
    lines.push("JWT_SECRET or JWT_JWKS_URL: must be set in production");
  }
  if (config.production && !config.API_KEYS) lines.push("API_KEYS: must be set in production");
  if (config.production && config.DEV) lines.push("DEV: must be off in production");
  if (config.AI_BASE_URL && !config.AI_MODEL) lines.push("AI_MODEL: must be set when AI_BASE_URL is");
  if (config.DISCORD_GATEWAY_URL && !config.DISCORD_BOT_TOKEN)
    lines.push("DISCORD_BOT_TOKEN: must be set when DISCORD_GATEWAY_URL is");
  if (config.LOG_URL && !config.JWT_SECRET && !config.JWT_JWKS_URL)
    lines.push("JWT_SECRET or JWT_JWKS_URL: must be set, the same on every node, when LOG_URL is");
  if (config.LOG_URL && !config.API_KEYS)
    lines.push("API_KEYS: must be set, the same on every node, when LOG_URL is");
  for (const name of ["LOG_CREDENTIALS_FILE", "LOG_TLS_CA_FILE"] as const)
    if (config[name] && !config.LOG_URL) lines.push(`LOG_URL: must be set when ${name} is`);
  if (!config.TLS_CERT_FILE !== !config.TLS_KEY_FILE)
    lines.push("TLS_CERT_FILE and TLS_KEY_FILE: must be set together");
  return lines;
}
