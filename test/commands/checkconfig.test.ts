import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canMakeCertificates, makeCertificate } from "../support/certificate.ts";
import { command, commandDirectory } from "../support/command.ts";

const directory = commandDirectory();

const check = (env: Record<string, string> = {}) => command(["checkconfig"], { directory, env });

test("with no configuration it prints what is resolved, what serve would make, and makes nothing", async () => {
  const { code, err, out } = await check();
  expect({ code, err }).toEqual({ code: 0, err: "" });
  for (const line of [
    ...["WS_PORT=3001", "HOST=0.0.0.0", "SQLITE_SYNCHRONOUS=FULL", "TRUST_PROXY=false"],
    `DATABASE_URL=${join(directory, "data/switchboard.db")}`,
    `# JWT_SECRET: serve will create ${join(directory, "data/jwt-secret")}`,
    `# API_KEYS: serve will create ${join(directory, "data/api-key")}`,
    "# serve can start with these settings",
  ]) {
    expect(out.split("\n")).toContain(line);
  }
  expect(readdirSync(directory)).toEqual([]);
});

test("no secret is shown", async () => {
  const secrets = [
    "a-secret-of-32-characters-or-more",
    "api-key-number-1",
    "api-key-number-2",
    "ai-key",
    "bot.token",
  ];
  const [jwt = "", one, two, ai = "", bot = ""] = secrets;
  const { code, err, out } = await check({
    ...{ JWT_SECRET: jwt, API_KEYS: `${one},${two}`, AI_API_KEY: ai, DISCORD_BOT_TOKEN: bot },
    ...{ AI_BASE_URL: "https://user:hunter2@ai.example/v1?key=hunter3", AI_MODEL: "small" },
  });
  expect({ code, err }).toEqual({ code: 0, err: "" });
  for (const secret of [...secrets, "hunter2", "hunter3"]) expect(out).not.toContain(secret);
  const lines = out.split("\n");
  for (const line of [
    "JWT_SECRET=<set>",
    "API_KEYS=<2 set>",
    "AI_BASE_URL=https://<hidden>@ai.example/v1?<hidden>",
  ]) {
    expect(lines).toContain(line);
  }
});

test("a bad value is told as serve tells it", async () => {
  expect(await check({ WS_PORT: "high" })).toEqual({
    code: 1,
    out: "",
    err: "switchboard: WS_PORT: must be a port, 0 to 65535\n",
  });
});

test("API keys that serve would not take are told, without their secrets", async () => {
  const secret = "5b1f0c1de2a84f6f";
  const unknown = await check({ API_KEYS: `a:${secret}:read:nope` });
  expect(unknown.code).toBe(1);
  expect(unknown.err).toStartWith(
    "switchboard: API_KEYS: key 1 has a contract that is none of gurukul, hyper",
  );
  const twice = await check({ API_KEYS: `a:${secret}:read,b:${secret}:admin` });
  expect(twice.code).toBe(1);
  expect(twice.err).toStartWith("switchboard: API_KEYS: a and b have the same secret;");
  for (const { err, out } of [unknown, twice]) expect(out + err).not.toContain(secret);
});

test("a host that serve cannot listen on is refused", async () => {
  const { code, err } = await check({ HOST: "198.51.100.7" });
  expect(code).toBe(1);
  expect(err).toStartWith("switchboard: HOST: cannot listen on 198.51.100.7 (");
});

test("all files that cannot be used are told, not just the first", async () => {
  const letter = join(directory, "letter.txt");
  await Bun.write(letter, "Dear Bob, ".repeat(1_000));
  const { code, err } = await check({
    ...{ DATABASE_URL: `file:${letter}`, AI_PROMPTS_FILE: "/nowhere/prompts.json" },
    ...{ TLS_CERT_FILE: letter, TLS_KEY_FILE: letter },
  });
  expect(code).toBe(1);
  const [prompts, tls, database, ...rest] = err.trimEnd().split("\n");
  expect(prompts).toStartWith("switchboard: AI_PROMPTS_FILE: ");
  expect(tls).toStartWith("switchboard: TLS_CERT_FILE, TLS_KEY_FILE: must be a certificate and its key (");
  expect(database).toBe(`switchboard: DATABASE_URL: ${letter} cannot be used (file is not a database)`);
  expect(rest).toEqual([]);
});

test("a database of a later version, and keys that cannot be fetched: an error and a warning", async () => {
  const later = join(directory, "later.db");
  using database = new Database(later);
  database.run("PRAGMA user_version = 1000");
  const { code, err } = await check({
    DATABASE_URL: `file:${later}`,
    JWT_JWKS_URL: "http://127.0.0.1:9/keys",
  });
  expect(code).toBe(1);
  expect(err).toMatch(
    /^switchboard: warning: JWT_JWKS_URL: .+\nswitchboard: DATABASE_URL: .+ later version.+\n$/,
  );
});

test.skipIf(!canMakeCertificates)("a certificate must be its key's", async () => {
  const at = (name: string) => join(directory, name);
  makeCertificate(at("a.pem"), at("a.key"));
  makeCertificate(at("b.pem"), at("b.key"));
  const pair = (cert: string, key: string) => check({ TLS_CERT_FILE: at(cert), TLS_KEY_FILE: at(key) });
  expect((await pair("a.pem", "a.key")).code).toBe(0);
  const { code, err } = await pair("a.pem", "b.key");
  expect({ code, err }).toEqual({
    code: 1,
    err: "switchboard: TLS_CERT_FILE, TLS_KEY_FILE: must be a certificate and its key (the key belongs to another certificate)\n",
  });
});

test("a database of another program, or half migrated, is refused as serve refuses it, and is left as it was", async () => {
  for (const version of [0, 1]) {
    const file = join(directory, `other-${version}.db`);
    const other = new Database(file);
    other.run("CREATE TABLE bookmarks (url)");
    other.run(`PRAGMA user_version = ${version}`);
    other.close();
    const before = await Bun.file(file).bytes();
    const env = { DATABASE_URL: `file:${file}`, WS_PORT: "0" };
    const [checked, served] = [await check(env), await command(["serve"], { directory, env })];
    expect(checked.code).toBe(1);
    expect(checked.err).toContain(`DATABASE_URL: ${file} cannot be used (the database is of another program`);
    expect(served.code).toBe(1);
    expect(served.err).toEndWith(checked.err);
    expect(await Bun.file(file).bytes()).toEqual(before);
  }
});

test("a secret file that serve would refuse is refused", async () => {
  const own = join(directory, "own");
  mkdirSync(own);
  const file = join(own, "jwt-secret");
  writeFileSync(file, "j".repeat(32));
  chmodSync(file, 0o666);
  const { code, err } = await check({ DATABASE_URL: `file:${join(own, "x.db")}` });
  expect({ code, err }).toEqual({
    code: 1,
    err: `switchboard: ${file}: cannot be read or created (everybody may write it: chmod o-w ${file}): repair that or set JWT_SECRET\n`,
  });
});
