import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startRelay } from "../support/relay.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const ROOT = resolve(import.meta.dir, "../..");
/** Every Node that is there: the PATH's, and one that `NODE22` names. */
const nodes = [Bun.which("node"), process.env["NODE22"]].flatMap((path) => {
  if (!path) return [];
  const version = Bun.spawnSync([path, "--version"]).stdout.toString().trim();
  return [{ path, version, major: Number(version.match(/\d+/)?.[0]) }];
});
if (!nodes.some(({ major }) => major >= 22)) {
  const there = nodes.map(({ version }) => version).join(", ") || "none";
  console.error(`\n!!! No Node 22 (there is: ${there}): NAME ONE IN NODE22 TO TEST THE CLIENT ON IT.\n`);
}
const server = stopAfterAll(await startTestServer());
const build = Bun.spawn([process.execPath, "run", "scripts/build-client.ts"], {
  cwd: ROOT,
  stdout: "pipe",
  stderr: "inherit",
});
const built = { out: await new Response(build.stdout).text(), code: await build.exited };

test("the engine with a client is small, and the build says how small", () => {
  expect(built.code).toBe(0);
  expect(built.out).toMatch(/ChatWebSocketClient: \d+ of 6144 bytes gzipped\n/);
});

test("the built client needs nothing but itself", async () => {
  const text = await Bun.file(join(ROOT, "packages/client/dist/index.js")).text();
  expect(new Bun.Transpiler().scanImports(text)).toEqual([]);
  expect(text).not.toContain("zod");
});

test.each(nodes)("it runs in Node $version, and gets over a cut of its line", async ({ path, major }) => {
  const relay = await startRelay(server.port);
  const script = join(import.meta.dir, "node-talker.mjs");
  const token = await server.token("ada");
  // Node 20 has it, and does not show it by itself.
  const flags = major < 22 ? ["--experimental-websocket", "--no-warnings"] : [];
  const built = join(ROOT, "packages/client/dist/index.js");
  const args = [path, ...flags, script, built, `ws://127.0.0.1:${relay.port}/api/chat/ws`, token];
  const child = Bun.spawn(args, { stdout: "pipe", stderr: "inherit" });
  let out = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    if (out === "") relay.breakOff();
    out += chunk;
  }
  expect(out).toBe("one\ntwo\nthree\nfour\ndisconnected 32\n");
  expect(await child.exited).toBe(0);
  relay.stop();
});

test.each(nodes)("Node $version finds all that is published by its name", async ({ path }) => {
  const directory = mkdtempSync(join(tmpdir(), "switchboard-names-"));
  mkdirSync(join(directory, "node_modules"));
  symlinkSync(join(ROOT, "packages/client"), join(directory, "node_modules/switchboard-client"));
  const names = ["", "/testing", "/validate"].map((name) => `switchboard-client${name}`);
  const script = `for (const name of ${JSON.stringify(names)}) console.log(Object.keys(await import(name)).join(" "))`;
  writeFileSync(join(directory, "names.mjs"), script);
  const child = Bun.spawn([path, "names.mjs"], { cwd: directory, stdout: "pipe", stderr: "inherit" });
  const [client, testing, validate] = (await new Response(child.stdout).text()).split("\n");
  expect(client).toContain("GurukulClient");
  expect(testing).toBe("AssertionFailed ManualClock WebSocketTestHelper");
  expect(validate).toBe("MessageValidator");
  rmSync(directory, { recursive: true });
});

test("its types tell a right message from a wrong one, without any setting of ours", async () => {
  const directory = mkdtempSync(join(tmpdir(), "switchboard-types-"));
  symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
  const from = JSON.stringify(join(ROOT, "packages/client/dist/types/packages/client/src/index.js"));
  writeFileSync(
    join(directory, "use.ts"),
    `import { ChatWebSocketClient, DietWebSocketClient } from ${from};
    const chat = new ChatWebSocketClient({ url: "" });
    export const content: Promise<string> = chat.send({ type: "message", data: { content: "" } }).then(({ data }) => data.content);
    // @ts-expect-error: it has no such field
    chat.send({ type: "message", data: { text: "" } });
    // @ts-expect-error: nobody sends this
    chat.send({ type: "user_joined", data: {} });
    chat.subscribe("user_joined", ({ data }) => data.username.length);
    new DietWebSocketClient({}).subscribe("level.up", ({ data }) => data.rewards.coins.toFixed());
    `,
  );
  const args = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2023,dom"];
  const tsc = Bun.spawn(
    [process.execPath, join(ROOT, "node_modules/.bin/tsc"), ...args, "--types", "", "use.ts"],
    { cwd: directory, stdout: "pipe" },
  );
  expect(await new Response(tsc.stdout).text()).toBe("");
  expect(await tsc.exited).toBe(0);
  rmSync(directory, { recursive: true });
});
