import { describe, expect, test } from "bun:test";
import { environment } from "../src/config/environment.ts";
import { type Config, ConfigError, readConfig } from "../src/config.ts";
import { company, KEY, SECRET, settings } from "./support/settings.ts";

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

const settingOf = (config: Config, name: string): unknown =>
  Object.entries(config).find(([key]) => key === name)?.[1];

test("this table has every setting there is", () => {
  expect(Object.keys(settings).sort()).toEqual(Object.keys(environment.shape).sort());
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

describe("every setting", () => {
  test.each(["JWT_SECRET", "JWT_ISSUER", "HOST", "AI_PROMPTS_FILE", "ALLOWED_ORIGINS", "WS_PORT"])(
    "%s is refused by name when its bytes were not UTF-8, in quotes, or of two lines",
    (name) => {
      expect(lines({ [name]: `M\ufffdller ${SECRET}` })).toEqual([`${name}: must be UTF-8`]);
      for (const quote of [`"`, "'"]) {
        expect(lines({ [name]: `${quote}${SECRET}${quote}` })).toEqual([
          `${name}: must be without the quotes around it: what set it does not remove them`,
        ]);
      }
      expect(lines({ [name]: `${SECRET}\n${SECRET}` })).toEqual([
        `${name}: must be one line, without control characters`,
      ]);
    },
  );
});

test("CONNECTION_RATE_LIMIT=0 lifts ADDRESS_RATE_LIMIT too, unless that is set", () => {
  const limit = (env: Record<string, string>) => readConfig(env).ADDRESS_RATE_LIMIT;
  expect(limit({ CONNECTION_RATE_LIMIT: "0" })).toBe(0);
  expect(limit({ CONNECTION_RATE_LIMIT: "0", ADDRESS_RATE_LIMIT: " " })).toBe(0);
  expect(limit({ CONNECTION_RATE_LIMIT: "0", ADDRESS_RATE_LIMIT: "600" })).toBe(600);
  expect(limit({ CONNECTION_RATE_LIMIT: "10" })).toBe(600);
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

  test("is not the place for DEV", () => {
    const whole = { ...production, JWT_SECRET: SECRET, API_KEYS: KEY, DEV: "1" };
    expect(lines(whole)).toEqual(["DEV: must be off in production"]);
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
