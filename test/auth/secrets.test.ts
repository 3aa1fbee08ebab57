import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSecrets } from "../../src/auth/secrets.ts";
import { ConfigError, readConfig } from "../../src/config.ts";
import type { Race, Result } from "./secrets-racer.ts";

let directory: string;
let data: string;
let lines: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "switchboard-secrets-"));
  data = join(directory, "data");
  lines = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

const load = (settings: Record<string, string> = {}) =>
  loadSecrets(readConfig({ DATABASE_URL: `file:${data}/switchboard.db`, ...settings }), (line) =>
    lines.push(line),
  );
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

function complaint(settings: Record<string, string> = {}): string {
  try {
    load(settings);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
  }
  throw new Error("no ConfigError");
}

describe("without settings", () => {
  test("a secret and a key of 32 random bytes are made, for the owner's eyes only", () => {
    const { jwtSecret, apiKeys } = load();
    expect(jwtSecret).toMatch(/^[\w-]{43}$/);
    expect(apiKeys).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
    expect(apiKeys).not.toContain(jwtSecret);
    expect(mode(data)).toBe("700");
    expect(mode(join(data, "jwt-secret"))).toBe("600");
    expect(mode(join(data, "api-key"))).toBe("600");
    expect(readdirSync(data).sort()).toEqual(["api-key", "jwt-secret"]);
  });

  test("a warning names each file that was made, and never the secret", () => {
    const { jwtSecret = "", apiKeys } = load();
    expect(lines).toEqual([
      `JWT_SECRET is not set: created ${data}/jwt-secret and will use it instead`,
      `API_KEYS is not set: created ${data}/api-key and will use it instead`,
    ]);
    for (const secret of [jwtSecret, ...apiKeys]) expect(lines.join()).not.toContain(secret);
  });

  test("the next start finds them, writes nothing and warns no more", () => {
    const first = load();
    const written = statSync(data, { bigint: true }).mtimeNs;
    lines = [];
    expect(load()).toEqual(first);
    expect(statSync(data, { bigint: true }).mtimeNs).toBe(written);
    expect(lines).toEqual([]);
  });

  test("two places have different secrets", () => {
    const first = load();
    data = join(directory, "other");
    expect(load().jwtSecret).not.toBe(first.jwtSecret);
  });

  test("a directory that exists keeps its mode", () => {
    mkdirSync(data);
    chmodSync(data, 0o755);
    load();
    expect(mode(data)).toBe("755");
  });

  test("processes that start at once agree on one secret, and one of them warns", async () => {
    const racers = 4;
    const directories = Array.from({ length: 100 }, (_, round) => join(directory, `round-${round}`));
    const race: Race = { directories, racers, started: new SharedArrayBuffer(4 * directories.length) };
    const workers = Array.from(
      { length: racers },
      () => new Worker(join(import.meta.dir, "secrets-racer.ts")),
    );
    const results = await Promise.all(
      workers.map(
        (worker) =>
          new Promise<Result>((resolve, reject) => {
            worker.onmessage = ({ data }: MessageEvent<Result>) => resolve(data);
            worker.onerror = (event) => reject(new Error(event.message));
            worker.postMessage(race);
          }),
      ),
    );
    for (const worker of workers) worker.terminate();
    for (const { jwtSecrets, apiKeys } of results) {
      expect(jwtSecrets).toEqual(directories.map((round) => contents(`${round}/data/jwt-secret`)));
      expect(apiKeys).toEqual(directories.map((round) => contents(`${round}/data/api-key`)));
    }
    expect(results.flatMap(({ warnings }) => warnings)).toHaveLength(2 * directories.length);
    for (const round of directories) expect(readdirSync(join(round, "data"))).toHaveLength(2);
  });
});

const contents = (path: string) => readFileSync(path, "utf8").trim();

describe("with settings", () => {
  const settings = { JWT_SECRET: "s".repeat(32), API_KEYS: `${"a".repeat(16)},${"b".repeat(16)}` };

  test("these are used, and nothing is made", () => {
    expect(load(settings)).toEqual({ jwtSecret: "s".repeat(32), apiKeys: ["a".repeat(16), "b".repeat(16)] });
    expect(readdirSync(directory)).toEqual([]);
    expect(lines).toEqual([]);
  });

  test("they come before the files", () => {
    load();
    expect(load(settings).jwtSecret).toBe(settings.JWT_SECRET);
  });

  test("a key set leaves no HS256 secret, not even one made earlier", () => {
    load();
    const { API_KEYS } = settings;
    expect(load({ JWT_JWKS_URL: "https://id.example/keys", API_KEYS })).toEqual({
      apiKeys: API_KEYS.split(","),
    });
  });

  test("a key set and a secret are used together", () => {
    expect(load({ ...settings, JWT_JWKS_URL: "https://id.example/keys" }).jwtSecret).toBe(
      settings.JWT_SECRET,
    );
  });
});

describe("a file that is there", () => {
  beforeEach(() => mkdirSync(data));

  test("is used without the line break that an editor leaves", () => {
    writeFileSync(join(data, "jwt-secret"), `${"j".repeat(32)}\r\n`);
    writeFileSync(join(data, "api-key"), `${"k".repeat(16)}\n`);
    expect(load()).toEqual({ jwtSecret: "j".repeat(32), apiKeys: ["k".repeat(16)] });
  });

  test.each([
    ["jwt-secret", "", 32, "JWT_SECRET"],
    ["jwt-secret", "\n", 32, "JWT_SECRET"],
    ["jwt-secret", `${"j".repeat(31)}\n`, 32, "JWT_SECRET"],
    ["api-key", "", 16, "API_KEYS"],
    ["api-key", "k".repeat(15), 16, "API_KEYS"],
  ])("stops the start if it is too short: %s, %j", (name, content, minimum, variable) => {
    const path = join(data, name);
    writeFileSync(path, content);
    expect(complaint()).toBe(
      `${path}: must hold ${minimum} characters or more: delete it or set ${variable}`,
    );
    expect(readFileSync(path, "utf8")).toBe(content);
  });

  test("stops the start if everybody may write it, or it is not UTF-8", () => {
    const path = join(data, "jwt-secret");
    writeFileSync(path, "j".repeat(32));
    chmodSync(path, 0o606);
    expect(complaint()).toBe(
      `${path}: cannot be read or created (everybody may write it: chmod o-w ${path}): repair that or set JWT_SECRET`,
    );
    chmodSync(path, 0o600);
    for (const encoding of ["latin1", "utf16le"] as const) {
      writeFileSync(path, Buffer.from("ü".repeat(32), encoding));
      expect(complaint()).toBe(
        `${path}: cannot be read or created (it is not UTF-8): repair that or set JWT_SECRET`,
      );
    }
  });

  test("stops the start if it cannot be read", () => {
    mkdirSync(join(data, "jwt-secret"));
    expect(complaint()).toBe(
      `${data}/jwt-secret: cannot be read or created (EISDIR): repair that or set JWT_SECRET`,
    );
  });
});

test("a data directory that cannot be made stops the start", () => {
  writeFileSync(data, "a file where the directory should be");
  expect(complaint()).toMatch(
    /^\S+\/jwt-secret: cannot be read or created \((ENOTDIR|EEXIST)\): repair that or set JWT_SECRET$/,
  );
});
