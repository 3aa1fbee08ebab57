import { dirname, resolve } from "node:path";
import { z } from "zod";

const whole = z.coerce.number("a whole number").int("a whole number");
const count = (fallback: number) => whole.min(0, "0 or more").default(fallback);
const atLeastOne = whole.min(1, "1 or more");
/** Timers take no more. */
const LONGEST_MS = 2_147_483_647;
const milliseconds = atLeastOne.max(LONGEST_MS, `at most ${LONGEST_MS}`);
const positive = (fallback: number) => atLeastOne.default(fallback);
const list = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== ""),
);
const flag = z
  .enum(["1", "true", "on", "yes", "0", "false", "off", "no", ""], "on or off")
  .transform((word) => ["1", "true", "on", "yes"].includes(word));
const url = z.url({ protocol: /^https?$/, error: "an http or https URL" });
const socketUrl = z.url({ protocol: /^wss?$/, error: "a ws or wss URL" });
const databaseFile = z
  .string()
  .refine(
    (text) => text.replace(/^file:/, "") !== "" && !/^(?!file:)[a-z]+:/i.test(text),
    "a path such as file:./data/switchboard.db",
  )
  .transform((text) => resolve(text.replace(/^file:(\/\/(?=\/))?/, "")));

/** Every setting of the environment. docs/configuration.md says what each means. */
const environment = z.object({
  NODE_ENV: z.string().default("development"),
  WS_PORT: z.coerce
    .number("a port, 0 to 65535")
    .int("a port, 0 to 65535")
    .min(0, "a port, 0 to 65535")
    .max(65535, "a port, 0 to 65535")
    .default(3001),
  HOST: z.string().default("0.0.0.0"),
  WS_PATH: z
    .string()
    .regex(/^\/[\w\-./]*$/, "a path that begins with /")
    .default("/ws"),
  DATABASE_URL: databaseFile.default(resolve("data/switchboard.db")),
  SQLITE_SYNCHRONOUS: z.enum(["FULL", "NORMAL"], "FULL or NORMAL").default("FULL"),
  HISTORY_RETENTION_DAYS: z.coerce.number("a number of days").min(0, "0 or more").default(0),
  JWT_SECRET: z.string().min(32, "32 characters or more").optional(),
  JWT_JWKS_URL: url.optional(),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  API_KEYS: list
    .refine(
      (keys) => keys.length > 0 && keys.every((key) => key.length >= 16),
      "comma-separated keys of 16 characters or more",
    )
    .optional(),
  MAX_CONNECTIONS: count(10_000),
  MAX_CONNECTIONS_PER_USER: count(5),
  MESSAGE_RATE_LIMIT: count(100),
  MESSAGE_BURST_LIMIT: count(100),
  CONNECTION_RATE_LIMIT: count(10),
  ROOM_RATE_LIMIT: count(1_000),
  MAX_BUFFERED_BYTES: whole.min(16_384, "16384 or more").default(1_048_576),
  MAX_MESSAGE_BYTES: positive(65_536),
  MAX_CONTENT_LENGTH: positive(10_000),
  AUTH_TIMEOUT_MS: milliseconds.optional(),
  HEARTBEAT_INTERVAL_MS: milliseconds.optional(),
  MAX_GIFTS_PER_SECOND: whole.min(0, "0 to 1000").max(1_000, "0 to 1000").default(10),
  BATCH_INTERVAL_MS: milliseconds.default(100),
  ENCRYPTION_ROTATION_MS: milliseconds.default(3_600_000),
  ENCRYPTION_COMPRESSION: flag.default(false),
  AI_BASE_URL: url.optional(),
  AI_API_KEY: z.string().optional(),
  AI_MODEL: z.string().optional(),
  AI_TIMEOUT_MS: milliseconds.default(30_000),
  AI_PROMPTS_FILE: z.string().optional(),
  DISCORD_BOT_TOKEN: z.string().regex(/^\S+$/, "the token alone, without spaces").optional(),
  DISCORD_GATEWAY_URL: socketUrl.optional(),
  ALLOWED_ORIGINS: list.optional(),
  TRUST_PROXY: flag.default(false),
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
  SHUTDOWN_GRACE_MS: count(10_000),
  LOG_LEVEL: z
    .enum(
      ["fatal", "error", "warn", "info", "debug", "trace", "silent"],
      "one of fatal, error, warn, info, debug, trace, silent",
    )
    .default("info"),
  LOG_FORMAT: z.enum(["pretty", "json"], "pretty or json").optional(),
});

export type Config = Readonly<z.output<typeof environment>> & {
  readonly production: boolean;
  /** Where the database lies, and the secrets made once. */
  readonly dataDirectory: string;
};

/** A setting is wrong or missing; each line names the variable and what it should have been. */
export class ConfigError extends Error {}

/** Reads the settings from an environment. A blank variable counts as unset. Throws `ConfigError`. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ""),
  );
  const parsed = environment.safeParse(set);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue) => `${issue.path.join(".")}: must be ${issue.message}`).join("\n"),
    );
  }
  const config = {
    ...parsed.data,
    production: parsed.data.NODE_ENV === "production",
    dataDirectory: dirname(parsed.data.DATABASE_URL),
  };
  const missing = missingSettings(config);
  if (missing.length > 0) throw new ConfigError(missing.join("\n"));
  return config;
}

function missingSettings(config: Config): string[] {
  const lines: string[] = [];
  if (config.production && !config.JWT_SECRET && !config.JWT_JWKS_URL) {
    lines.push("JWT_SECRET or JWT_JWKS_URL: must be set in production");
  }
  if (config.production && !config.API_KEYS) lines.push("API_KEYS: must be set in production");
  if (config.AI_BASE_URL && !config.AI_MODEL) lines.push("AI_MODEL: must be set when AI_BASE_URL is");
  if (config.DISCORD_GATEWAY_URL && !config.DISCORD_BOT_TOKEN)
    lines.push("DISCORD_BOT_TOKEN: must be set when DISCORD_GATEWAY_URL is");
  if (!config.TLS_CERT_FILE !== !config.TLS_KEY_FILE)
    lines.push("TLS_CERT_FILE and TLS_KEY_FILE: must be set together");
  return lines;
}
