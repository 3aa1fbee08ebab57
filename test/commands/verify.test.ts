import { describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../src/commands/usage.ts";
import { verifyCommand } from "../../src/commands/verify.ts";
import { ConfigError } from "../../src/config.ts";
import { command, commandDirectory, serve } from "../support/command.ts";
import { API_KEY as KEY_OF_SERVER, startTestServer } from "../support/server.ts";

const SECRET = "a secret of the tests, long enough";
const API_KEY = "an-api-key-of-the-tests";
const directory = commandDirectory();

const verify = (...args: string[]) => command(["verify", ...args], { directory });
const held = (out: string) => out.trimEnd().split("\n").at(-1);

test("a server of its own keeps its promises while all goes wrong, and leaves nothing behind", async () => {
  const { code, err, out } = await verify("--chaos", "--seconds", "2", "--clients", "18", "--seed", "7");
  expect({ code, err, last: held(out) }).toEqual({ code: 0, err: "", last: "HELD: every promise" });
  expect(out).toStartWith("switchboard verify  a server of its own --chaos  2 s  18 clients  seed 7\n");
  expect(Number(/kill -9 +(\d+)/.exec(out)?.[1])).toBeGreaterThan(0);
  expect(Number(/messages confirmed +([\d,]+)/.exec(out)?.[1]?.replaceAll(",", ""))).toBeGreaterThan(0);
  expect(readdirSync(directory)).toEqual([]);
}, 60_000);

test("so does one that runs already, within its limits", async () => {
  const data = mkdtempSync(join(tmpdir(), "switchboard-verified-"));
  const env = { JWT_SECRET: SECRET, API_KEYS: API_KEY, LOG_LEVEL: "error" };
  const server = await serve({ env, directory: data });
  try {
    const url = `http://127.0.0.1:${server.port}`;
    const options = ["--secret", SECRET, "--api-key", API_KEY, "--seconds", "2", "--clients", "12"];
    const { code, err, out } = await verify(url, ...options);
    expect({ code, err, last: held(out) }).toEqual({ code: 0, err: "", last: "HELD: every promise" });
    expect(out).not.toContain(SECRET);
  } finally {
    await server.end("SIGTERM");
    rmSync(data, { recursive: true });
  }
}, 60_000);

test("a server that does not answer, or does not take the key, is told in a line", async () => {
  const asked = (url: string) =>
    verifyCommand([url, "--secret", SECRET, "--api-key", API_KEY], {}).catch((error: unknown) => error);
  const server = await startTestServer();
  const url = `http://127.0.0.1:${server.port}`;
  try {
    expect(await asked(url)).toBeInstanceOf(ConfigError);
    expect(String(await asked(url))).toContain("--api-key: must be one of the API_KEYS of the server");
  } finally {
    await server.stop();
  }
  expect(await asked(url)).toBeInstanceOf(ConfigError);
  expect(String(await asked(url))).toContain(`URL: no Switchboard answers at ${url}`);
});

test("a server that does not take tokens signed with the secret is told at once", async () => {
  const server = await startTestServer();
  try {
    const args = [`http://127.0.0.1:${server.port}`, "--secret", SECRET, "--api-key", KEY_OF_SERVER];
    const error = await verifyCommand(args, {}).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain("--secret: must be the JWT_SECRET of the server, which takes no tokens");
  } finally {
    await server.stop();
  }
});

describe("the command line", () => {
  test("--help says what there is", async () => {
    const { code, out } = await verify("--help");
    expect(code).toBe(0);
    for (const word of ["--seconds", "--clients", "--seed", "--chaos", "--mishaps", "--secret", "--api-key"])
      expect(out).toContain(word);
  });

  test("a wrong use is exit code 2, with a line that says why", async () => {
    const { code, err, out } = await verify("--loud");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toStartWith("switchboard: there is no option '--loud'");
  });

  test.each([
    [["--seconds", "0"], "--seconds: must be a whole number from 1 to 1000000"],
    [["--clients", "many"], "--clients: must be a whole number from 1 to 10000"],
    [["--mishaps", "rain"], "--mishaps: must be some of "],
    [
      ["--mishaps", "kill,partition"],
      "--mishaps: partition can only happen to several nodes: add --cluster 3",
    ],
    [["http://localhost:1", "--cluster", "3"], "--cluster makes verify start its own nodes"],
    [
      ["http://localhost:1", "--chaos"],
      "--chaos and --mishaps inject faults into a server that verify starts",
    ],
    [["localhost:1"], "URL: must be http://host:port"],
    [["http://localhost:1"], "--secret: must be the JWT_SECRET of the server"],
    [["http://localhost:1", "--secret", SECRET], "--api-key: must be one of the API_KEYS of the server"],
    [["http://localhost:1", "more"], "verify takes one URL, so 'more' has no meaning"],
  ])("%j is a wrong use", async (args, why) => {
    const error = await verifyCommand(args, {}).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toStartWith(`Error: ${why}`);
  });
});
