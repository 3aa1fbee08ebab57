import { expect, test } from "bun:test";
import { join } from "node:path";
import { readConfig } from "../../src/config.ts";
import { MIN_PAYLOAD } from "../../src/log/connection.ts";
import { hasNats, natsBinary } from "../support/nats.ts";
import { KEY, SECRET } from "../support/settings.ts";

const folder = join(import.meta.dir, "../../deploy/cluster");
const read = (file: string) => Bun.file(join(folder, file)).text();

test("the servers of the log sync each write, and take the largest batch", async () => {
  const conf = await read("nats.conf");
  expect(conf).toMatch(/^ {2}sync_interval: always$/m);
  expect(Number(/^max_payload: (\d+)MB$/m.exec(conf)?.[1]) * 1_048_576).toBeGreaterThanOrEqual(MIN_PAYLOAD);
});

test.skipIf(!hasNats)("nats-server takes the configuration", () => {
  const checked = Bun.spawnSync([natsBinary!, "-t", "-c", join(folder, "nats.conf")]);
  expect(checked.stderr.toString() + checked.stdout.toString()).toContain("is valid");
});

test("the settings of a node are settings, and are enough beside the secrets", async () => {
  const settings = Object.fromEntries(
    Array.from((await read("environment.example")).matchAll(/^(\w+)=(.*)$/gm), ([, name = "", value]) => [
      name,
      value,
    ]),
  );
  const config = readConfig({ ...settings, JWT_SECRET: SECRET, API_KEYS: KEY });
  for (const name of Object.keys(settings)) expect(Object.keys(config)).toContain(name);
  expect(config.LOG_URL).toHaveLength(3);
});

test("the containers are three servers of the log, three nodes with the same log, and a proxy to all of them", async () => {
  const { services, "x-settings": settings } = Bun.YAML.parse(await read("compose.yaml")) as {
    services: Record<string, { command?: string[]; environment?: Record<string, string> }>;
    "x-settings": Record<string, string>;
  };
  const config = readConfig({ ...settings, JWT_SECRET: SECRET, API_KEYS: KEY, ALLOWED_ORIGINS: "" });
  for (const url of config.LOG_URL ?? []) expect(services).toHaveProperty(new URL(url).hostname);
  const nodes = Object.keys(services).filter((name) => name.startsWith("node-"));
  expect(nodes).toHaveLength(3);
  for (const file of ["Caddyfile", "nginx.conf"])
    for (const node of nodes) expect(await read(file)).toContain(`${node}:3001`);
});
