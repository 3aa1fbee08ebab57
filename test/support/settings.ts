import { hostname } from "node:os";
import { resolve } from "node:path";

// Every setting, with what it takes and what it refuses. The tests read it, and a script that starts the server.

export const KEY = "0123456789abcdef";
export const SECRET = KEY.repeat(2);

export interface Setting {
  readonly fallback: unknown;
  readonly good: Record<string, unknown>;
  /** By the bad value, what it should have been. */
  readonly bad: Record<string, string>;
}

const limit = (fallback: number): Setting => ({
  fallback,
  good: { "0": 0, "7": 7 },
  bad: {
    "-1": "0 or more",
    "1.5": "a whole number",
    many: "a whole number",
    "1e3": "a whole number",
    "0x10": "a whole number",
    Infinity: "a whole number",
  },
});
const size = (fallback: number): Setting => ({
  fallback,
  good: { "20000": 20_000 },
  bad: {
    "0": "1 or more",
    "1.5": "a whole number",
    "64k": "a whole number",
    "67108865": "at most 67108864",
  },
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
const keys = "comma-separated keys of 16 or more visible ASCII characters";
const file = "a path such as file:./data/switchboard.db";
const memory = `${file}: what is in memory alone is lost at a stop`;
const host = "an address or a host name alone, such as 0.0.0.0, ::1 or localhost";
const taken = "a path at which nothing else is, such as /ws";
const noOrigin = (entry: string) =>
  `an origin as browsers send it, such as https://app.example or https://*.app.example; "${entry}" is none`;
const notOrigins = [
  ...[
    "app.example",
    "app.example:443",
    "//app.example",
    "https:app.example",
    "https://",
    "https://app.example/chat",
  ],
  ...[
    "https://app.example?x=1",
    "https://me@app.example",
    "wss://app.example",
    "file://",
    "https://app.example:port",
  ],
  ...["https://*", "https://*.com", "https://a*.example", "https://app.*.example", "https://app.example:*"],
  ...["https://a.example https://b.example", "https://a.example;https://b.example", "**"],
];
const logUrls = "comma-separated URLs such as nats://log-1:4222,nats://log-2:4222";
const visible = "alone, in visible ASCII characters";
const port = "a port, 0 to 65535";
const mode = "development, production or test";
const onOff = "on or off";
const path = "a path that begins with / and ends with a name, such as /ws";
const days = "a number of days";
const levels = "one of fatal, error, warn, info, debug, trace, silent";

// biome-ignore format: one line a setting
export const settings: Record<string, Setting> = {
  NODE_ENV: { fallback: "development", good: { test: "test" }, bad: { Production: mode, prod: mode, staging: mode, dev: mode } },
  DEV: { fallback: false, good: { on: true, "0": false }, bad: { local: onOff } },
  WS_PORT: { fallback: 3001, good: { "0": 0, "65535": 65_535 }, bad: { "65536": port, "-1": port, http: port, "80.5": port, "1e3": port, "tcp://10.0.0.1:3001": port } },
  HOST: { fallback: "0.0.0.0", good: { "::1": "::1", "[::1]": "::1", localhost: "localhost", "fe80::1%eth0": "fe80::1%eth0" }, bad: { "*": host, "http://localhost": host, "0.0.0.0:3001": host, "a b": host } },
  WS_PATH: { fallback: "/ws", good: { "/chat/v1": "/chat/v1" }, bad: {
    ...{ ws: path, "/a?b": path, "/a b": path, "/": path, "/ws/": path, "//ws": path, "/a/../b": path, "/:id": path, "/*": path },
    ...{ "/api/ws": taken, "/api/chat/ws": taken, "/health/live": taken, "/ws/health": taken, "/metrics": taken, "/v1/x/events": taken, "/dev/token": taken, "/console/app.js": taken },
  } },
  DATABASE_URL: {
    fallback: resolve("data/switchboard.db"),
    good: { "file:./x/y.db": resolve("x/y.db"), "file:/var/x.db": "/var/x.db", "file:///var/x.db": "/var/x.db", "x.db": resolve("x.db"), "file://localhost/var/x.db": "/var/x.db", "FILE:x.db": resolve("x.db"), "file:my%20data/x.db": resolve("my data/x.db"), "my%20data/x.db": resolve("my%20data/x.db") },
    bad: {
      ...{ "file:": file, "postgres://host/db": file, "sqlite:x.db": file, "file://": file },
      ...{ ":memory:": memory, "file::memory:": memory, "file:x.db?mode=memory": memory, "file::memory:?cache=shared": memory },
      ...{ "file:x.db?connection_limit=1": `${file}, without parameters`, "x.db#main": `${file}, without parameters` },
      ...{ "file://db.example/x.db": `${file}: the file cannot be on another machine`, "file:100%/x.db": `${file}: a % in a URL must be written %25` },
      ...{ "~/x.db": `${file}: nothing here expands ~`, "file:$HOME/x.db": `${file}: nothing here expands $`, "data/": `${file}: a file, not a directory`, "file:a%00b": file },
    },
  },
  SQLITE_SYNCHRONOUS: { fallback: "FULL", good: { NORMAL: "NORMAL" }, bad: { OFF: "FULL or NORMAL", full: "FULL or NORMAL" } },
  HISTORY_RETENTION_DAYS: { fallback: 0, good: { "30": 30, "0.5": 0.5 }, bad: { "-1": "0 or more", "1 week": days, "1e2": days, Infinity: days } },
  JWT_SECRET: { fallback: undefined, good: { [SECRET]: SECRET, [` ${SECRET}\n`]: SECRET }, bad: { [SECRET.slice(1)]: "32 characters or more" } },
  JWT_JWKS_URL: url,
  JWT_ISSUER: anyText,
  JWT_AUDIENCE: anyText,
  API_KEYS: { fallback: undefined, good: { [KEY]: [KEY], [` ${KEY} ,${SECRET},`]: [KEY, SECRET] }, bad: { short: keys, [`${KEY},short`]: keys, ",": keys, "two words of a key": keys, "schlüssel-mit-umlaut": keys } },
  MAX_CONNECTIONS: limit(10_000),
  MAX_CONNECTIONS_PER_USER: limit(5),
  MESSAGE_RATE_LIMIT: limit(100),
  MESSAGE_BURST_LIMIT: limit(100),
  CONNECTION_RATE_LIMIT: limit(10),
  WEBHOOK_TIMEOUT_MS: milliseconds(10_000),
  WEBHOOK_ALLOW: { fallback: undefined, good: { "public, *.Example.com": ["public", "*.example.com"], "*": ["*"], "::1,10.0.0.1": ["::1", "10.0.0.1"] }, bad: { "a b": "comma-separated hosts without ports, public or *", "hooks.example:8080": "comma-separated hosts without ports, public or *" } },
  DEDUP_MEMORY: { fallback: 268_435_456, good: { "1048576": 1_048_576, "1099511627776": 2 ** 40 }, bad: { "256M": "a whole number", "0": "1048576 or more", "1048575": "1048576 or more", "1099511627777": "at most 1099511627776" } },
  ADDRESS_RATE_LIMIT: limit(600),
  ROOM_RATE_LIMIT: limit(1_000),
  RESUME_LIMIT: limit(10_000),
  MAX_BUFFERED_BYTES: { ...size(1_048_576), bad: { "64k": "a whole number", "0": "16384 or more", "16383": "16384 or more", "1073741825": "at most 1073741824" } },
  MAX_MESSAGE_BYTES: size(65_536),
  MAX_CONTENT_LENGTH: size(10_000),
  AUTH_TIMEOUT_MS: milliseconds(),
  HEARTBEAT_INTERVAL_MS: milliseconds(),
  MAX_GIFTS_PER_SECOND: { fallback: 10, good: { "0": 0, "1000": 1_000 }, bad: { "-1": "0 to 1000", "1001": "0 to 1000", "1.5": "a whole number" } },
  BATCH_INTERVAL_MS: milliseconds(100),
  ENCRYPTION_ROTATION_MS: milliseconds(3_600_000),
  ENCRYPTION_COMPRESSION: { fallback: false, good: { on: true, off: false }, bad: { maybe: onOff } },
  AI_BASE_URL: url,
  AI_API_KEY: { fallback: undefined, good: { "sk-1": "sk-1" }, bad: { "sk 1": `the key ${visible}`, "sk-é": `the key ${visible}` } },
  AI_MODEL: anyText,
  AI_TIMEOUT_MS: milliseconds(30_000),
  AI_PROMPTS_FILE: anyText,
  DISCORD_BOT_TOKEN: { fallback: undefined, good: { "abc.def": "abc.def" }, bad: { "Bot abc": `the token ${visible}` } },
  DISCORD_GATEWAY_URL: { fallback: undefined, good: { "wss://gateway.example": "wss://gateway.example" }, bad: { "https://gateway.example": "a ws or wss URL" } },
  ALLOWED_ORIGINS: { fallback: undefined, good: { "https://a.example, https://b.example": ["https://a.example", "https://b.example"],
      ...{ "https://app.example/": ["https://app.example"], "HTTPS://App.Example": ["https://app.example"], "https://app.example:443": ["https://app.example"] },
      ...{ "http://app.example:443": ["http://app.example:443"], "https://bücher.example": ["https://xn--bcher-kva.example"], "https://*.App.example": ["https://*.app.example"] },
      ...{ "http://*.localhost:5173": ["http://*.localhost:5173"], "capacitor://localhost": ["capacitor://localhost"], "*": ["*"], null: ["null"] } },
    bad: Object.fromEntries(notOrigins.map((entry) => [entry, noOrigin(entry)])) },
  TRUST_PROXY: { fallback: false, good: { on: true, "1": true, true: true, True: true, OFF: false, off: false, "0": false, false: false }, bad: { maybe: onOff, "2": onOff, "10.0.0.0/8": onOff } },
  TLS_CERT_FILE: anyText,
  TLS_KEY_FILE: anyText,
  SHUTDOWN_DELAY_MS: { ...limit(0), fallback: undefined, bad: { "-1": "0 to 2147483647", "2147483648": "0 to 2147483647", "2s": "a whole number" } },
  SHUTDOWN_GRACE_MS: { ...limit(10_000), bad: { "-1": "0 to 2147483647", "2147483648": "0 to 2147483647", "10s": "a whole number" } },
  LOG_URL: { fallback: undefined, good: { "nats://a:4222, tls://b": ["nats://a:4222", "tls://b"] }, bad: { "a:4222": logUrls, ",": logUrls, "http://a:4222": logUrls, "nats://a:4222/x": logUrls, "nats://a:4222 nats://b:4222": logUrls } },
  LOG_CREDENTIALS_FILE: anyText,
  LOG_TLS_CA_FILE: anyText,
  CLUSTER: { fallback: "switchboard", good: { "chat-eu_1": "chat-eu_1" }, bad: { "a.b": "1 to 32 letters, digits, _ or -", "a b": "1 to 32 letters, digits, _ or -" } },
  LOG_REPLICAS: { fallback: 3, good: { "1": 1, "5": 5 }, bad: { "0": "1 to 5", "6": "1 to 5", three: "a whole number" } },
  LOG_MAX_BYTES: { fallback: 1_073_741_824, good: { "16777216": 16_777_216 }, bad: { "16777215": "16777216 or more", "1G": "a whole number" } },
  NODE_NAME: { fallback: hostname(), good: { "node-1": "node-1" }, bad: { "node 1": "1 to 64 visible ASCII characters" } },
  LOG_LEVEL: { fallback: "info", good: { debug: "debug", silent: "silent" }, bad: { loud: levels, INFO: levels } },
  LOG_FORMAT: { fallback: undefined, good: { pretty: "pretty", json: "json" }, bad: { text: "pretty or json" } },
};

/** Settings that must come together with one, for it alone is refused. */
export const company: Record<string, Record<string, string>> = {
  LOG_URL: { JWT_SECRET: SECRET, API_KEYS: KEY },
  LOG_CREDENTIALS_FILE: { LOG_URL: "nats://a:4222", JWT_SECRET: SECRET, API_KEYS: KEY },
  LOG_TLS_CA_FILE: { LOG_URL: "nats://a:4222", JWT_SECRET: SECRET, API_KEYS: KEY },
  AI_BASE_URL: { AI_MODEL: "small" },
  DISCORD_GATEWAY_URL: { DISCORD_BOT_TOKEN: "abc.def" },
  TLS_CERT_FILE: { TLS_KEY_FILE: "key.pem" },
  TLS_KEY_FILE: { TLS_CERT_FILE: "cert.pem" },
};
