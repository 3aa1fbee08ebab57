import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createTokenVerifier } from "../../src/auth/tokens.ts";
import { systemClock } from "../../src/core/ports/clock.ts";
import type { Identity } from "../../src/core/ports/identity.ts";
import { command, commandDirectory } from "../support/command.ts";

const SECRET = "a secret of the tests, long enough";
const production = { NODE_ENV: "production", JWT_SECRET: SECRET, API_KEYS: "an-api-key-of-the-tests" };

const USAGE = "switchboard: switchboard --help shows the usage\n";

const directory = commandDirectory();

const token = (args: string[], env: Record<string, string> = { JWT_SECRET: SECRET }) =>
  command(["token", ...args], { directory, env });

/** Whom a server with these settings takes the printed token for. */
async function identity(
  out: string,
  settings: { secret?: string; issuer?: string; audience?: string } = {},
): Promise<Identity> {
  expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  return createTokenVerifier({ secret: SECRET, clock: systemClock, ...settings }).verify(out.trim());
}

describe.concurrent("token", () => {
  test("prints a JWT and nothing else: for everything, for an hour", async () => {
    const { code, err, out } = await token(["--user", "ada"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const { expiresAt, ...ada } = await identity(out);
    expect(ada).toMatchObject({ userId: "ada", grants: ["*"], roles: [] });
    expect(expiresAt - ada.issuedAt).toBe(3_600_000);
    expect(Math.abs(ada.issuedAt - Date.now())).toBeLessThan(60_000);
  });

  test("grants only what it is told to, in the name and for the time that it is told", async () => {
    const args = [
      "--name",
      "Ada L.",
      "--room",
      "chat:1",
      "--room",
      "guild:*",
      "--role",
      "host",
      "--role",
      "admin",
      "--ttl",
      "90s",
    ];
    const { out } = await token(["--user", "ada", ...args]);
    const ada = await identity(out);
    expect(ada).toMatchObject({ name: "Ada L.", grants: ["chat:1", "guild:*"], roles: ["host", "admin"] });
    expect(ada.expiresAt - ada.issuedAt).toBe(90_000);
  });

  test("names the issuer and the audience that the server asks for", async () => {
    const { out } = await token(["--user", "ada"], {
      JWT_SECRET: SECRET,
      JWT_ISSUER: "https://id.example",
      JWT_AUDIENCE: "chat",
    });
    expect(await identity(out, { issuer: "https://id.example", audience: "chat" })).toMatchObject({
      userId: "ada",
    });
    await expect(identity(out, { issuer: "https://other.example" })).rejects.toThrow();
  });

  test("works in production with a room, and not without", async () => {
    const { out } = await token(["--user", "ada", "--room", "chat:1"], production);
    expect((await identity(out)).grants).toEqual(["chat:1"]);
    expect(await token(["--user", "ada"], production)).toEqual({
      code: 2,
      out: "",
      err: `switchboard: --room: must name a room that the token opens: in production there is no default\n${USAGE}`,
    });
  });

  test.each([
    [["--ttl", "1h"], "--user: must name the user that the token is for"],
    [
      ["--user", "ada lovelace"],
      "--user: must be 1 to 128 visible characters, without spaces or control characters",
    ],
    [
      ["--user", "ada", "--ttl", "soon"],
      "--ttl: must be a number from 1 to 9999999 and a unit (s, m, h or d), such as 90s, 30m, 1h or 7d",
    ],
    [["--user", "ada", "--ttl", "9999999d"], "--ttl: must end before the year 5138"],
    [["--user", "ada", "--room", "x".repeat(257)], "--room.0: must be 256 characters or less"],
  ])("%j is wrong usage, told in a line that names the option", async (args, line) => {
    expect(await token(args)).toEqual({ code: 2, out: "", err: `switchboard: ${line}\n${USAGE}` });
  });

  test("cannot sign for a key set of somebody else's", async () => {
    const { code, err, out } = await token(["--user", "ada"], { JWT_JWKS_URL: "https://id.example/keys" });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^switchboard: JWT_SECRET: must be set to make tokens.*\n$/);
  });
});

test("without a secret one is made, for its owner's eyes only, once, and never shown", async () => {
  const data = join(directory, "data");
  const first = await token(["--user", "ada"], {});
  const file = join(data, "jwt-secret");
  expect(first.err).toBe(`switchboard: JWT_SECRET is not set: created ${file} and will use it instead\n`);
  expect(readdirSync(data)).toEqual(["jwt-secret"]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const secret = readFileSync(file, "utf8").trim();
  const second = await token(["--user", "bob"], {});
  expect(second.err).toBe("");
  expect((await identity(first.out, { secret })).userId).toBe("ada");
  expect((await identity(second.out, { secret })).userId).toBe("bob");
});
