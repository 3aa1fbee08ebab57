import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { connect } from "../support/client.ts";
import { command, commandDirectory, serve, tokenOf } from "../support/command.ts";

const SECRET = "a secret of the tests, long enough";
const KEY = "an-api-key-of-the-tests";

const directory = commandDirectory();

const dataIn = (name: string): string => `file:${join(directory, name, "switchboard.db")}`;

test("with no configuration it serves, says how, makes its secrets once, and shows them to nobody", async () => {
  const first = await serve({ directory });
  expect(first.lines).toEqual([
    `Switchboard ${packageJson.version} listening on http://127.0.0.1:${first.port}`,
    `  console http://127.0.0.1:${first.port}/`,
    `  chat    ws://127.0.0.1:${first.port}/ws?token=<token>`,
    `  data    ${join(directory, "data/switchboard.db")}`,
    "  token   bun run token --user <id>",
    `  post    curl -X PUT http://127.0.0.1:${first.port}/v1/rooms/chat:chat-1 -H "Authorization: Bearer $(cat data/api-key)" -d '{"title":"First steps"}'`,
  ]);

  const files = ["jwt-secret", "api-key"].map((name) => join(directory, "data", name));
  const secrets = files.map((file) => readFileSync(file, "utf8").trim());
  for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600);

  // The command that it names makes a token that it takes.
  const { out: token } = await command(["token", "--user", "ada"], { directory });
  const ada = await connect(`ws://127.0.0.1:${first.port}/ws?token=${token.trim()}`);
  await ada.join("chat-1");
  ada.say("message", { chatId: "chat-1", content: "a private word" });
  await ada.next("message");
  const ended = await first.end("SIGTERM");
  expect(await ada.closed).toEqual({ code: 1012, reason: "Server restart" });

  const second = await serve({ directory });
  const restarted = await second.end("SIGTERM");
  expect(files.map((file) => readFileSync(file, "utf8").trim())).toEqual(secrets);
  expect(
    readdirSync(join(directory, "data"))
      .filter((name) => !name.startsWith("switchboard.db"))
      .sort(),
  ).toEqual(["api-key", "jwt-secret"]);

  const warnings = (log: string): string[] => log.split("\n").filter((line) => line.includes('"level":40'));
  expect(warnings(ended.err)).toHaveLength(2);
  expect(warnings(restarted.err)).toEqual([]);
  const said = [ended, restarted].map(({ err, out }) => err + out).join("");
  for (const secret of [...secrets, token.trim(), token.split(".")[2]!.trim(), "a private word"])
    expect(said).not.toContain(secret);
});

const hasIPv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === "::1"),
);
test.if(hasIPv6)("an IPv6 address stands in brackets where it says how to reach it", async () => {
  const env = { HOST: "::1", DATABASE_URL: dataIn("ipv6"), JWT_SECRET: SECRET, API_KEYS: KEY };
  const server = await serve({ directory, env });
  expect(server.lines[0]).toEndWith(` listening on http://[::1]:${server.port}`);
  await server.end("SIGTERM");
});

test("the address of a key set is shown without its user and its query, which may be secrets", async () => {
  const keys = "http://reader:opensesame@127.0.0.1:9/keys?code=wordpass";
  const env = { DATABASE_URL: dataIn("keys"), JWT_JWKS_URL: keys, API_KEYS: KEY };
  const server = await serve({ directory, env });
  expect(server.lines).toContain(
    "  token   from the issuer whose keys are at http://<hidden>@127.0.0.1:9/keys?<hidden>",
  );
  const { out, err } = await server.end("SIGTERM");
  for (const secret of ["reader", "opensesame", "wordpass"]) expect(out + err).not.toContain(secret);
});

describe("stopping", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s: every client is told 1012, the log has its lines, the exit code is 0",
    async (signal) => {
      const server = await serve({
        directory,
        env: { DATABASE_URL: dataIn(signal), JWT_SECRET: SECRET, API_KEYS: KEY },
      });
      const token = await tokenOf(SECRET);
      const clients = await Promise.all(
        Array.from({ length: 3 }, () => connect(`ws://127.0.0.1:${server.port}/ws?token=${token}`)),
      );
      await Promise.all(clients.map((client) => client.join("chat-1")));
      const { code, err } = await server.end(signal);
      for (const client of clients)
        expect(await client.closed).toEqual({ code: 1012, reason: "Server restart" });
      expect(code).toBe(0);

      const log = err
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(log.map(({ msg }) => msg)).toEqual([
        "start",
        ...Array(3).fill("connect"),
        "stop",
        ...Array(3).fill("disconnect"),
      ]);
      expect(log.find(({ msg }) => msg === "stop").signal).toBe(signal);
      expect(log.at(-1)).toMatchObject({ userId: "ada", code: 1012 });
      expect(err).not.toContain(token);
      expect(err).not.toContain(SECRET);
      expect(err).not.toContain(KEY);
    },
  );
});

describe("what stands in the way is one clear line and exit code 1", () => {
  test("another server on the same database, and another on the same port", async () => {
    const server = await serve({ directory, env: { JWT_SECRET: SECRET, API_KEYS: KEY } });
    const quiet = { HOST: "127.0.0.1", JWT_SECRET: SECRET, API_KEYS: KEY };
    const [sameFile, samePort] = await Promise.all([
      command(["serve"], { directory, env: { ...quiet, WS_PORT: "0" } }),
      command(["serve"], {
        directory,
        env: { ...quiet, WS_PORT: String(server.port), DATABASE_URL: dataIn("other") },
      }),
    ]);
    expect(sameFile).toEqual({
      code: 1,
      out: "",
      err: `switchboard: ${join(directory, "data/switchboard.db")} is in use by another server: stop that server, or give this one another DATABASE_URL\n`,
    });
    expect(samePort).toMatchObject({ code: 1, out: "" });
    expect(samePort.err).toMatch(
      new RegExp(`^switchboard: WS_PORT, HOST: cannot listen on 127\\.0\\.0\\.1:${server.port} \\(.+\\)\\n$`),
    );
    // It has taken the first server nothing.
    expect((await fetch(`http://127.0.0.1:${server.port}/health/ready`)).status).toBe(200);
    await server.end("SIGTERM");
  });

  test.concurrent.each<[string, Record<string, string>, RegExp]>([
    [
      "production without secrets",
      { NODE_ENV: "production" },
      /^switchboard: JWT_SECRET or JWT_JWKS_URL: must be set in production\nswitchboard: API_KEYS: must be set in production\n$/,
    ],
    [
      "a host that there is not",
      { HOST: "no.such.host.invalid" },
      /^switchboard: WS_PORT, HOST: cannot listen on no\.such\.host\.invalid:0 \(.+\)\n$/,
    ],
    [
      "a certificate that there is not",
      { TLS_CERT_FILE: "/nowhere/cert.pem", TLS_KEY_FILE: "/nowhere/key.pem" },
      /^switchboard: TLS_CERT_FILE, TLS_KEY_FILE: must be .+\n$/,
    ],
    [
      "a file of prompts that there is not",
      { AI_PROMPTS_FILE: "/nowhere/prompts.json" },
      /^switchboard: AI_PROMPTS_FILE: must be .+\n$/,
    ],
    [
      "a directory in the database's place",
      { DATABASE_URL: "file:/tmp" },
      /^switchboard: DATABASE_URL: \/tmp cannot be used \(.+\)\n$/,
    ],
    [
      "a place where nothing can be made",
      { DATABASE_URL: "file:/proc/nowhere/x.db" },
      /^switchboard: DATABASE_URL: .+\n$/,
    ],
  ])("%s", async (name, env, line) => {
    const secrets = env["NODE_ENV"] === "production" ? {} : { JWT_SECRET: SECRET, API_KEYS: KEY };
    const { code, err, out } = await command([], {
      directory,
      env: { WS_PORT: "0", DATABASE_URL: dataIn(name.replaceAll(" ", "-")), ...secrets, ...env },
    });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(line);
  });
});
