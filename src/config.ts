import { isIP } from "node:net";
import { hostname } from "node:os";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { databaseFile } from "./config/database-url.ts";
import { badEnvFiles } from "./config/env-files.ts";
import { isNatsUrl } from "./config/nats-url.ts";
import { normalOrigin } from "./config/origins.ts";
import { isFreePath, isPath } from "./config/paths.ts";

/** In digits: `1e3` and `0x10` are numbers for a program, and mistakes in a setting. */
const whole = z
  .string()
  .regex(/^-?\d{1,15}$/, "a whole number")
  .transform(Number);
const between = (least: number, most: number, wanted: string) =>
  whole.pipe(z.number().min(least, wanted).max(most, wanted));
const count = (fallback: number) => whole.pipe(z.number().min(0, "0 or more")).default(fallback);
/** Timers accept no more. */
const LONGEST_MS = 2_147_483_647;
const atMost = (most: number) => z.number().min(1, "1 or more").max(most, `at most ${most}`);
const milliseconds = whole.pipe(atMost(LONGEST_MS));
/** So that twice a frame, and what may wait for a socket, are sizes that Bun takes. */
const LARGEST_MESSAGE = 67_108_864;
const LARGEST_BUFFER = 1_073_741_824;
/** A table of the dedup window can take this much. */
const SMALLEST_DEDUP = 1_048_576;
const LARGEST_DEDUP = 2 ** 40;
const bytes = (fallback: number) => whole.pipe(atMost(LARGEST_MESSAGE)).default(fallback);
const HOST_NAME = /^(?!.*\.\.)[a-z\d](?:[\w.-]{0,251}[\w])?\.?$/i;
const A_PATH = "a path that begins with / and ends with a name, such as /ws";
const PORT = "a port, 0 to 65535";
const LOG_URLS = "comma-separated URLs such as nats://log-1:4222,nats://log-2:4222";
/** Two batches of the largest size. */
const SMALLEST_LOG = 16_777_216;
const list = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== ""),
);
const flag = z
  .string()
  .toLowerCase()
  .pipe(z.enum(["1", "true", "on", "yes", "0", "false", "off", "no"], "on or off"))
  .transform((word) => ["1", "true", "on", "yes"].includes(word));
const url = z.url({ protocol: /^https?$/, error: "an http or https URL" });
const socketUrl = z.url({ protocol: /^wss?$/, error: "a ws or wss URL" });
/** What an HTTP header can carry. */
const visible = /^[!-~]+$/;
const ORIGIN = "an origin as browsers send it, such as https://app.example or https://*.app.example";

/** Every setting of the environment. docs/configuration.md explains each. */
const environment = z.object({
  NODE_ENV: z
    .enum(["development", "production", "test"], "development, production or test")
    .default("development"),
  DEV: flag.default(false),
  WS_PORT: z
    .string()
    .regex(/^\d{1,5}$/, PORT)
    .transform(Number)
    .pipe(z.number().max(65_535, PORT))
    .default(3001),
  HOST: z
    .string()
    .transform((host) => host.replace(/^\[(.*)\]$/, "$1"))
    .refine(
      (host) => isIP(host.replace(/%[\w.-]+$/, "")) > 0 || HOST_NAME.test(host),
      "an address or a host name alone, such as 0.0.0.0, ::1 or localhost",
    )
    .default("0.0.0.0"),
  WS_PATH: z
    .string()
    .refine(isPath, A_PATH)
    .refine((path) => !isPath(path) || isFreePath(path), "a path at which nothing else is, such as /ws")
    .default("/ws"),
  DATABASE_URL: z
    .string()
    .transform((text, ctx) => {
      try {
        return databaseFile(text);
      } catch (error) {
        ctx.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
        return z.NEVER;
      }
    })
    .default(resolve("data/switchboard.db")),
  SQLITE_SYNCHRONOUS: z.enum(["FULL", "NORMAL"], "FULL or NORMAL").default("FULL"),
  HISTORY_RETENTION_DAYS: z
    .string()
    .regex(/^-?\d{1,7}(?:\.\d+)?$/, "a number of days")
    .transform(Number)
    .pipe(z.number().min(0, "0 or more"))
    .default(0),
  JWT_SECRET: z.string().min(32, "32 characters or more").optional(),
  JWT_JWKS_URL: url.optional(),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  API_KEYS: list
    .refine(
      (keys) => keys.length > 0 && keys.every((key) => key.length >= 16 && visible.test(key)),
      "comma-separated keys of 16 or more visible ASCII characters",
    )
    .optional(),
  MAX_CONNECTIONS: count(10_000),
  MAX_CONNECTIONS_PER_USER: count(5),
  MESSAGE_RATE_LIMIT: count(100),
  MESSAGE_BURST_LIMIT: count(100),
  CONNECTION_RATE_LIMIT: count(10),
  ADDRESS_RATE_LIMIT: count(600),
  ROOM_RATE_LIMIT: count(1_000),
  RESUME_LIMIT: count(10_000),
  MAX_BUFFERED_BYTES: whole
    .pipe(z.number().min(16_384, "16384 or more").max(LARGEST_BUFFER, `at most ${LARGEST_BUFFER}`))
    .default(1_048_576),
  DEDUP_MEMORY: whole
    .pipe(
      z
        .number()
        .min(SMALLEST_DEDUP, `${SMALLEST_DEDUP} or more`)
        .max(LARGEST_DEDUP, `at most ${LARGEST_DEDUP}`),
    )
    .default(268_435_456),
  MAX_MESSAGE_BYTES: bytes(65_536),
  MAX_CONTENT_LENGTH: bytes(10_000),
  AUTH_TIMEOUT_MS: milliseconds.optional(),
  HEARTBEAT_INTERVAL_MS: milliseconds.optional(),
  MAX_GIFTS_PER_SECOND: between(0, 1_000, "0 to 1000").default(10),
  BATCH_INTERVAL_MS: milliseconds.default(100),
  ENCRYPTION_ROTATION_MS: milliseconds.default(3_600_000),
  ENCRYPTION_COMPRESSION: flag.default(false),
  AI_BASE_URL: url.optional(),
  AI_API_KEY: z.string().regex(visible, "the key alone, in visible ASCII characters").optional(),
  AI_MODEL: z.string().optional(),
  AI_TIMEOUT_MS: milliseconds.default(30_000),
  AI_PROMPTS_FILE: z.string().optional(),
  DISCORD_BOT_TOKEN: z.string().regex(visible, "the token alone, in visible ASCII characters").optional(),
  DISCORD_GATEWAY_URL: socketUrl.optional(),
  ALLOWED_ORIGINS: list
    .transform((entries, ctx) =>
      entries.map((entry) => {
        const origin = normalOrigin(entry);
        if (origin !== undefined) return origin;
        ctx.addIssue({ code: "custom", message: `${ORIGIN}; ${JSON.stringify(entry)} is none` });
        return entry;
      }),
    )
    .optional(),
  WEBHOOK_ALLOW: list
    .refine(
      (hosts) => hosts.every((host) => /^(?:\*|(?:\*\.)?[\w.:-]+)$/.test(host)),
      "comma-separated hosts, public or *",
    )
    .transform((hosts) => hosts.map((host) => host.toLowerCase()))
    .optional(),
  WEBHOOK_TIMEOUT_MS: milliseconds.default(10_000),
  TRUST_PROXY: flag.default(false),
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
  SHUTDOWN_GRACE_MS: between(0, LONGEST_MS, `0 to ${LONGEST_MS}`).default(10_000),
  LOG_URL: list.refine((urls) => urls.length > 0 && urls.every(isNatsUrl), LOG_URLS).optional(),
  LOG_CREDENTIALS_FILE: z.string().optional(),
  LOG_TLS_CA_FILE: z.string().optional(),
  CLUSTER: z
    .string()
    .regex(/^[\w-]{1,32}$/, "1 to 32 letters, digits, _ or -")
    .default("switchboard"),
  LOG_REPLICAS: between(1, 5, "1 to 5").default(3),
  LOG_MAX_BYTES: whole.pipe(z.number().min(SMALLEST_LOG, `${SMALLEST_LOG} or more`)).default(1_073_741_824),
  NODE_NAME: z
    .string()
    .regex(/^[!-~]{1,64}$/, "1 to 64 visible ASCII characters")
    .default(hostname()),
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
