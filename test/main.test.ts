import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { command, commandDirectory } from "./support/command.ts";

// Thirty processes start together, and a busy machine starts them slowly.
setDefaultTimeout(120_000);

// Nothing is left behind there.
afterAll(() => expect(readdirSync(directory)).toEqual([]));
const directory = commandDirectory();

describe.concurrent("the command line", () => {
  test.each([[["--help"]], [["token", "-h"]]])("%j says what there is", async (args) => {
    const { code, err, out } = await command(args, { directory });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    for (const word of [
      "serve",
      "token",
      "migrate",
      "backup",
      "adopt",
      "checkconfig",
      "status",
      "--user",
      "--room",
      "--role",
      "--ttl",
      "--name",
      "--help",
      "--version",
    ]) {
      expect(out).toContain(word);
    }
  });

  test("--version says the version and nothing else", async () => {
    expect(await command(["--version"], { directory })).toEqual({
      code: 0,
      out: `${packageJson.version}\n`,
      err: "",
    });
  });

  test("--help helps also when a setting is wrong", async () => {
    const env = { NODE_ENV: "production", WS_PORT: "high" };
    expect((await command(["--help"], { directory, env })).code).toBe(0);
  });

  test("an .env file of UTF-16 or Latin-1, of which Bun takes what it likes, is refused by name", async () => {
    const settings = "NODE_ENV=production\nJWT_ISSUER=M\xfcller\n";
    for (const encoding of ["utf16le", "latin1"] as const) {
      const own = mkdtempSync(join(directory, "env-"));
      writeFileSync(join(own, ".env"), Buffer.from(settings, encoding));
      const { code, err, out } = await command(["checkconfig"], { directory: own });
      expect({ code, err, out }).toEqual({ code: 1, out: "", err: "switchboard: .env: must be UTF-8\n" });
      rmSync(own, { recursive: true });
    }
  });

  test.each([
    [["dance"], "there is no command 'dance': the commands are serve, token, "],
    [["constructor"], "there is no command 'constructor'"],
    [["serve", "now"], "serve takes no argument, so 'now' has no meaning: leave it out"],
    [["backup"], "backup needs the name of the new file: switchboard backup FILE"],
    [["backup", "a.db", "b.db"], "backup takes one file, so 'b.db' has no meaning"],
    [["checkconfig", "now"], "checkconfig takes no argument, so 'now' has no meaning"],
    [["serve", "--user", "ada"], "--user is an option of token, and the command is serve"],
    [["--port", "80"], "there is no option '--port'"],
    [["token", "--user"], "--user needs a value"],
  ])("%j is refused with a line that says why, and exit code 2", async (args, why) => {
    const { code, err, out } = await command(args, { directory });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    const [line, hint, ...rest] = err.trimEnd().split("\n");
    expect(line).toStartWith(`switchboard: ${why}`);
    expect(hint).toBe("switchboard: switchboard --help shows the usage");
    expect(rest).toEqual([]);
  });
});

describe.concurrent("a setting that is wrong stops a command with one clear line and exit code 1", () => {
  test.each([["serve"], ["token"]])("%s", async (name) => {
    const env = { WS_PORT: "high", JWT_SECRET: "hunter2" };
    expect(await command([name], { directory, env })).toEqual({
      code: 1,
      out: "",
      err: "switchboard: WS_PORT: must be a port, 0 to 65535\nswitchboard: JWT_SECRET: must be 32 characters or more\n",
    });
  });
});
