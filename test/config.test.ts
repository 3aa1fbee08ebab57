import { describe, expect, test } from "bun:test";
import { join, resolve } from "node:path";
import { type Config, ConfigError, readConfig } from "../src/config.ts";

const KEY = "0123456789abcdef";
const SECRET = KEY.repeat(2);

/** The lines it says when it refuses these settings. */
function lines(env: Record<string, string>): string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n");
    throw error;
  }
  return [];
}

interface Setting {
  readonly fallback: unknown;
  readonly good: Record<string, unknown>;
  /** By the bad value, what it should have been. */
  readonly bad: Record<string, string>;
}

const limit = (fallback: number): Setting => ({
  fallback,
  good: { "0": 0, "7": 7 },
  bad: { "-1": "0 or more", "1.5": "a whole number", many: "a whole number", Infinity: "a whole number" },
});
const size = (fallback: number): Setting => ({
  fallback,
  good: { "20000": 20_000 },
  bad: { "0": "1 or more", "1.5": "a whole number", "64k": "a whole number" },
});
const milliseconds = (fallback?: number): Setting => ({
  fallback,
  good: { "1": 1, "2147483647": 2_147_483_647 },
  bad: {
    "0": "1 or more",
    "2147483648": "at most 2147483647",
    "10s": "a whole number",
    "0.5": "a whole number",
  },
});
const anyText: Setting = { fallback: undefined, good: { "some text": "some text" }, bad: {} };
const url: Setting = {
  fallback: undefined,
  good: {
    "https://id.example/keys": "https://id.example/keys",
    "http://127.0.0.1:8000/v1": "http://127.0.0.1:8000/v1",
  },
  bad: {
    "id.example/keys": "an http or https URL",
    "ftp://id.example": "an http or https URL",
    "file:///etc/keys": "an http or https URL",
  },
};
const keys = "comma-separated keys of 16 characters or more";
const file = "a path such as file:./data/switchboard.db";
const port = "a port, 0 to 65535";
const onOff = "on or off";
const path = "a path that begins with /";
const days = "a number of days";
const levels = "one of fatal, error, warn, info, debug, trace, silent";

// biome-ignore format: one line a setting
const settings: Record<string, Setting> = {
  NODE_ENV: { fallback: "development", good: { test: "test" }, bad: {} },
  WS_PORT: { fallback: 3001, good: { "0": 0, "65535": 65_535 }, bad: { "65536": port, "-1": port, http: port, "80.5": port } },
  HOST: { fallback: "0.0.0.0", good: { "::1": "::1" }, bad: {} },
  WS_PATH: { fallback: "/ws", good: { "/chat/v1": "/chat/v1" }, bad: { ws: path, "/a?b": path, "/a b": path } },
  DATABASE_URL: {
    fallback: resolve("data/switchboard.db"),
    good: { "file:./x/y.db": resolve("x/y.db"), "file:/var/x.db": "/var/x.db", "file:///var/x.db": "/var/x.db", "x.db": resolve("x.db") },
    bad: { "file:": file, "postgres://host/db": file, "sqlite:x.db": file },
  },
  SQLITE_SYNCHRONOUS: { fallback: "FULL", good: { NORMAL: "NORMAL" }, bad: { OFF: "FULL or NORMAL", full: "FULL or NORMAL" } },
  HISTORY_RETENTION_DAYS: { fallback: 0, good: { "30": 30, "0.5": 0.5 }, bad: { "-1": "0 or more", "1 week": days, Infinity: days } },
  JWT_SECRET: { fallback: undefined, good: { [SECRET]: SECRET }, bad: { [SECRET.slice(1)]: "32 characters or more" } },
  JWT_JWKS_URL: url,
  JWT_ISSUER: anyText,
  JWT_AUDIENCE: anyText,
  API_KEYS: { fallback: undefined, good: { [KEY]: [KEY], [` ${KEY} ,${SECRET},`]: [KEY, SECRET] }, bad: { short: keys, [`${KEY},short`]: keys, ",": keys } },
  MAX_CONNECTIONS: limit(10_000),
  MAX_CONNECTIONS_PER_USER: limit(5),
  MESSAGE_RATE_LIMIT: limit(100),
  MESSAGE_BURST_LIMIT: limit(100),
  CONNECTION_RATE_LIMIT: limit(10),
  ROOM_RATE_LIMIT: limit(1_000),
  MAX_BUFFERED_BYTES: { ...size(1_048_576), bad: { "64k": "a whole number", "0": "16384 or more", "16383": "16384 or more" } },
  MAX_MESSAGE_BYTES: size(65_536),
  MAX_CONTENT_LENGTH: size(10_000),
  AUTH_TIMEOUT_MS: milliseconds(),
  HEARTBEAT_INTERVAL_MS: milliseconds(),
  MAX_GIFTS_PER_SECOND: { fallback: 10, good: { "0": 0, "1000": 1_000 }, bad: { "-1": "0 to 1000", "1001": "0 to 1000", "1.5": "a whole number" } },
  BATCH_INTERVAL_MS: milliseconds(100),
  ENCRYPTION_ROTATION_MS: milliseconds(3_600_000),
  ENCRYPTION_COMPRESSION: { fallback: false, good: { on: true, off: false }, bad: { maybe: onOff } },
  AI_BASE_URL: url,
  AI_API_KEY: anyText,
  AI_MODEL: anyText,
  AI_TIMEOUT_MS: milliseconds(30_000),
  AI_PROMPTS_FILE: anyText,
  DISCORD_BOT_TOKEN: { fallback: undefined, good: { "abc.def": "abc.def" }, bad: { "Bot abc": "the token alone, without spaces" } },
  DISCORD_GATEWAY_URL: { fallback: undefined, good: { "wss://gateway.example": "wss://gateway.example" }, bad: { "https://gateway.example": "a ws or wss URL" } },
  ALLOWED_ORIGINS: { fallback: undefined, good: { "https://a.example, https://b.example": ["https://a.example", "https://b.example"] }, bad: {} },
  TRUST_PROXY: { fallback: false, good: { on: true, "1": true, true: true, off: false, "0": false, false: false }, bad: { maybe: onOff, "2": onOff } },
  TLS_CERT_FILE: anyText,
  TLS_KEY_FILE: anyText,
  SHUTDOWN_GRACE_MS: { ...limit(10_000), bad: { "-1": "0 or more", "10s": "a whole number" } },
  LOG_LEVEL: { fallback: "info", good: { debug: "debug", silent: "silent" }, bad: { loud: levels, INFO: levels } },
  LOG_FORMAT: { fallback: undefined, good: { pretty: "pretty", json: "json" }, bad: { text: "pretty or json" } },
};

/** Settings that must come together with one, for it alone is refused. */
const company: Record<string, Record<string, string>> = {
  AI_BASE_URL: { AI_MODEL: "small" },
  DISCORD_GATEWAY_URL: { DISCORD_BOT_TOKEN: "abc.def" },
  TLS_CERT_FILE: { TLS_KEY_FILE: "key.pem" },
  TLS_KEY_FILE: { TLS_CERT_FILE: "cert.pem" },
};
const settingOf = (config: Config, name: string): unknown =>
  Object.entries(config).find(([key]) => key === name)?.[1];

test("this table has every setting there is", async () => {
  const source = await Bun.file(join(import.meta.dir, "../src/config.ts")).text();
  const names = Array.from(source.matchAll(/^ {2}([A-Z][A-Z_]+):/gm), ([, name]) => name!);
  expect(Object.keys(settings).sort()).toEqual(names.sort());
});

describe.each(Object.entries(settings))("%s", (name, { fallback, good, bad }) => {
  test("has its default, unset or blank", () => {
    expect(settingOf(readConfig({}), name)).toEqual(fallback);
    expect(settingOf(readConfig({ [name]: "" }), name)).toEqual(fallback);
    expect(settingOf(readConfig({ [name]: "  " }), name)).toEqual(fallback);
  });

  test("takes what is good", () => {
    for (const [text, value] of Object.entries(good)) {
      expect(settingOf(readConfig({ ...company[name], [name]: text }), name)).toEqual(value);
    }
  });

  test("answers a bad value with one line that names it and what it should have been", () => {
    for (const [text, wanted] of Object.entries(bad)) {
      expect(lines({ ...company[name], [name]: text })).toEqual([`${name}: must be ${wanted}`]);
    }
  });
});

test("several bad settings get a line each", () => {
  expect(lines({ WS_PORT: "high", LOG_LEVEL: "loud", MAX_CONNECTIONS: "-5" })).toEqual([
    "WS_PORT: must be a port, 0 to 65535",
    "MAX_CONNECTIONS: must be 0 or more",
    "LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace, silent",
  ]);
});

test("a bad secret is not repeated in its line", () => {
  expect(lines({ JWT_SECRET: "hunter2", API_KEYS: "hunter3" }).join("\n")).not.toMatch(/hunter/);
});

test("variables of others are none of its business", () => {
  expect(readConfig({ HOME: "/root", WS_PORTS: "many" })).toEqual(readConfig({}));
});

describe("production", () => {
  const production = { NODE_ENV: "production" };

  test("needs a way to check tokens and the keys of backends, with a line each", () => {
    expect(lines(production)).toEqual([
      "JWT_SECRET or JWT_JWKS_URL: must be set in production",
      "API_KEYS: must be set in production",
    ]);
  });

  test.each([
    ["a secret", { JWT_SECRET: SECRET }],
    ["a key set", { JWT_JWKS_URL: "https://id.example/keys" }],
  ])("is content with %s and keys", (_, tokens) => {
    expect(readConfig({ ...production, ...tokens, API_KEYS: KEY }).production).toBe(true);
  });

  test("is not assumed", () => expect(readConfig({}).production).toBe(false));
});

test("what must come together is missed by name", () => {
  expect(lines({ AI_BASE_URL: "https://ai.example/v1" })).toEqual([
    "AI_MODEL: must be set when AI_BASE_URL is",
  ]);
  for (const half of ["TLS_CERT_FILE", "TLS_KEY_FILE"]) {
    expect(lines({ [half]: "some.pem" })).toEqual(["TLS_CERT_FILE and TLS_KEY_FILE: must be set together"]);
  }
});

test("the secrets that are made lie beside the database", () => {
  expect(readConfig({ DATABASE_URL: "file:/var/lib/switchboard/chat.db" }).dataDirectory).toBe(
    "/var/lib/switchboard",
  );
});
