import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Glob } from "bun";
import { readConfig } from "../../src/config.ts";
import { command, commandDirectory } from "../support/command.ts";

const DEPLOY = resolve(import.meta.dir, "../../deploy");
const read = (file: string): string => readFileSync(join(DEPLOY, file), "utf8");
const files = [...new Glob("*").scanSync(DEPLOY)].filter((file) => file !== "README.md");

/** The settings of the file, as systemd and a shell read it. */
const settings = (): Record<string, string> =>
  Object.fromEntries(
    Array.from(read("environment.example").matchAll(/^(\w+)=(.*)$/gm), ([, name = "", value = ""]) => [
      name,
      value,
    ]),
  );
const SECRETS = { JWT_SECRET: "x".repeat(64), API_KEYS: "y".repeat(64) };

const directory = commandDirectory();
const here = (env: Record<string, string>) => ({
  ...env,
  DATABASE_URL: `file:${join(directory, "switchboard.db")}`,
});

describe("deploy/environment.example", () => {
  test("passes checkconfig once its secrets are filled in", async () => {
    const { code, err, out } = await command(["checkconfig"], {
      directory,
      env: here({ ...settings(), ...SECRETS }),
    });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("# serve can start with these settings");
  });

  test("does not pass with its secrets left empty", async () => {
    const { code, err } = await command(["checkconfig"], { directory, env: here(settings()) });
    expect(code).toBe(1);
    expect(err).toContain("JWT_SECRET");
    expect(err).toContain("API_KEYS");
  });

  test("names settings that there are, and no other", () => {
    const known = Object.keys(readConfig({ ...settings(), ...SECRETS }));
    expect(Object.keys(settings()).filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe("the units of deploy/", () => {
  const units = ["switchboard.service", "switchboard-backup.service"];

  test.each(units)("%s runs a command that the binary has", async (unit) => {
    const subcommand = /^ExecStart=.*\/usr\/local\/bin\/switchboard (\w+)/m.exec(read(unit))?.[1] ?? "none";
    const { out } = await command(["--help"], { directory });
    expect(out).toMatch(new RegExp(`^ {2}${subcommand} `, "m"));
  });

  test("the backup's command makes a backup", async () => {
    const line = /^ExecStart=\/bin\/sh -c '(.*)'$/m.exec(read("switchboard-backup.service"))?.[1] ?? "";
    // As systemd hands it on.
    const script = line.replaceAll("$$", "$").replaceAll("%%", "%");
    const main = resolve(DEPLOY, "../src/main.ts");
    const env = here({ ...settings(), ...SECRETS });
    expect((await command(["migrate"], { directory, env })).code).toBe(0);
    const backups = join(directory, "backups");
    mkdirSync(backups);
    const ours = script.replace("/usr/local/bin/switchboard", `${process.execPath} run ${main}`);
    const shell = Bun.spawn(["/bin/sh", "-c", ours], {
      cwd: backups,
      env: { PATH: process.env["PATH"], ...env },
      stdout: "pipe",
    });
    expect(await shell.exited).toBe(0);
    expect([...new Glob("*").scanSync(backups)]).toEqual([
      expect.stringMatching(/^switchboard-\d{4}-\d\d-\d\dT\d{6}Z\.db$/),
    ]);
  });

  test.each(units)("%s reads the settings, and is the same user with the same data", (unit) => {
    const lines = read(unit).split("\n");
    for (const line of ["EnvironmentFile=/etc/switchboard/env", "User=switchboard", "DynamicUser=yes"]) {
      expect(lines).toContain(line);
    }
    expect(read(unit)).toMatch(/^StateDirectory=switchboard\b/m);
    expect(settings()["DATABASE_URL"]).toBe("file:/var/lib/switchboard/switchboard.db");
  });
});

test("the proxies and the firewall go by the port and the address of the settings", () => {
  const { HOST, TRUST_PROXY, WS_PORT } = settings();
  expect({ HOST, TRUST_PROXY }).toEqual({ HOST: "127.0.0.1", TRUST_PROXY: "on" });
  expect(read("nginx.conf")).toContain(`server ${HOST}:${WS_PORT};`);
  expect(read("Caddyfile")).toContain(`reverse_proxy ${HOST}:${WS_PORT}`);
  expect(/dport \{([^}]*)\}/.exec(read("nftables.conf"))?.[1]).not.toContain(WS_PORT);
});

test("nginx lets through a body of 4 MiB, and an address with a token and a resume of 8 KiB", () => {
  const [, megabytes] = /^ *client_max_body_size (\d+)m;$/m.exec(read("nginx.conf")) ?? [];
  expect(Number(megabytes)).toBeGreaterThan(4);
  const [, kilobytes] = /^ *large_client_header_buffers 4 (\d+)k;$/m.exec(read("nginx.conf")) ?? [];
  expect(Number(kilobytes)).toBeGreaterThan(8 + 4);
});

test("the README names every file", () => {
  const readme = read("README.md");
  expect(files.filter((file) => !readme.includes(`\`${file}\``))).toEqual([]);
});
