import { isIP } from "node:net";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { z } from "zod";
import { databaseFile } from "./database-url.ts";
import { isNatsUrl } from "./nats-url.ts";
import { normalOrigin } from "./origins.ts";
import { isFreePath, isPath } from "./paths.ts";
import {
  between,
  bytes,
  count,
  flag,
  LONGEST_MS,
  list,
  milliseconds,
  socketUrl,
  url,
  visible,
  whole,
} from "./values.ts";

/** Bun takes this as its limit on what waits for a socket. */
const LARGEST_BUFFER = 1_073_741_824;
/** A table of the dedup window can take this much. */
const SMALLEST_DEDUP = 1_048_576;
const LARGEST_DEDUP = 2 ** 40;
const HOST_NAME = /^(?!.*\.\.)[a-z\d](?:[\w.-]{0,251}[\w])?\.?$/i;
const A_PATH = "a path that begins with / and ends with a name, such as /ws";
const PORT = "a port, 0 to 65535";
const LOG_URLS = "comma-separated URLs such as nats://log-1:4222,nats://log-2:4222";
/** Two batches of the largest size. */
const SMALLEST_LOG = 16_777_216;
const ORIGIN = "an origin as browsers send it, such as https://app.example or https://*.app.example";

/** Every setting of the environment. docs/configuration.md explains each. */
export const environment = z.object({
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
      (hosts) => hosts.every((host) => isIP(host) === 6 || /^(?:\*|(?:\*\.)?[\w.-]+)$/.test(host)),
      "comma-separated hosts without ports, public or *",
    )
    .transform((hosts) => hosts.map((host) => host.toLowerCase()))
    .optional(),
  WEBHOOK_TIMEOUT_MS: milliseconds.default(10_000),
  TRUST_PROXY: flag.default(false),
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
  SHUTDOWN_DELAY_MS: between(0, LONGEST_MS, `0 to ${LONGEST_MS}`).optional(),
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
