import { expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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
const status = () =>
  Bun.spawnSync(["git", "status", "--porcelain", "--", "src", "packages"], { cwd: ROOT }).stdout.toString();
const before = status();
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
  const imported = new Bun.Transpiler().scanImports(text).map(({ path }) => path);
  expect(imported.filter((path) => !/^\.\/chunk-\w+\.js$/.test(path))).toEqual([]);
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

const withoutSocket = nodes.filter(({ major }) => major < 22);
test.skipIf(withoutSocket.length === 0)(
  "where there is no WebSocket connecting fails at once, and says what helps",
  () => {
    const directory = project();
    writeFileSync(
      join(directory, "connect.mjs"),
      `import { ChatWebSocketClient } from "switchboard-client";
    const chat = new ChatWebSocketClient({ url: "ws://127.0.0.1:1/api/chat/ws", token: "t" });
    await chat.connect().catch(({ name, message }) => console.log(name + ": " + message));`,
    );
    const { stdout } = Bun.spawnSync([withoutSocket[0]!.path, "connect.mjs"], {
      cwd: directory,
      timeout: 10_000,
    });
    expect(stdout.toString()).toMatch(/^ConnectionFailed: .*install ws.*createSocket/);
    rmSync(directory, { recursive: true });
  },
);

/** A project of its own, with nothing installed but what the package packs. */
function project(): string {
  const directory = mkdtempSync(join(tmpdir(), "switchboard-project-"));
  const installed = join(directory, "node_modules/switchboard-client");
  for (const part of ["package.json", "dist"]) {
    cpSync(join(ROOT, "packages/client", part), join(installed, part), { recursive: true });
  }
  return directory;
}

test.each(nodes)(
  "Node $version finds each entry point by its name, imported and required",
  async ({ path }) => {
    const directory = project();
    for (const peer of ["zod", "react"]) {
      symlinkSync(join(ROOT, "node_modules", peer), join(directory, "node_modules", peer));
    }
    const names = ["", "/testing", "/validate", "/textarea", "/react"].map(
      (name) => `switchboard-client${name}`,
    );
    const list = `console.log(Object.keys(found).filter((name) => name !== "__esModule").sort().join(" "))`;
    writeFileSync(
      join(directory, "names.mjs"),
      `for (const name of ${JSON.stringify(names)}) { const found = await import(name); ${list} }`,
    );
    writeFileSync(
      join(directory, "names.cjs"),
      `for (const name of ${JSON.stringify(names)}) { const found = require(name); ${list} }`,
    );
    const outputs = ["names.mjs", "names.cjs"].map((script) => {
      const { stdout, stderr } = Bun.spawnSync([path, script], { cwd: directory });
      expect(stderr.toString()).toBe("");
      return stdout.toString();
    });
    expect(outputs[0]).toBe(outputs[1]!);
    const [client, testing, validate, textarea, react] = outputs[0]!.split("\n");
    expect(client).toContain("GurukulClient");
    expect(testing).toBe("AssertionFailed ManualClock WebSocketTestHelper");
    expect(validate).toBe("AccessControl MessageValidator webSocketMessageSchema");
    expect(textarea).toBe("bindTextarea");
    expect(react).toBe(
      "useChat useContextChat useDiet useDocument useEvent useGifts useMetrics useVoiceChannel",
    );
    rmSync(directory, { recursive: true });
  },
);

test("its types tell a right message from a wrong one, in a project that has nothing but it", async () => {
  const directory = project();
  writeFileSync(
    join(directory, "use.ts"),
    `import { ChatWebSocketClient, DietWebSocketClient, GiftHostClient, VoiceChannelClient, GurukulClient } from "switchboard-client";
    import { ManualClock, WebSocketTestHelper } from "switchboard-client/testing";
    import { bindTextarea } from "switchboard-client/textarea";
    /** Holds for any, and for nothing else. */
    type IsAny<T> = 0 extends 1 & T ? true : false;
    const isKnown = <T>(_: T, ..._rest: IsAny<T> extends true ? ["this is any"] : []) => {};
    const chat = new ChatWebSocketClient({ url: "" });
    export const content: Promise<string> = chat.send({ type: "message", data: { content: "" } }).then(({ data }) => data.content);
    // @ts-expect-error: it has no such field
    chat.send({ type: "message", data: { text: "" } });
    // @ts-expect-error: nobody sends this
    chat.send({ type: "user_joined", data: {} });
    chat.subscribe("user_joined", ({ data }) => isKnown(data.username));
    new DietWebSocketClient({}).subscribe("level.up", ({ data }) => isKnown(data.rewards.coins));
    new GiftHostClient({ url: "", streamId: "" }).subscribe("gift:received", ({ payload }) => isKnown(payload.sender.isModerator));
    new VoiceChannelClient({ url: "" }).subscribe("voice.joined", ({ payload }) => isKnown(payload.avatar));
    new GurukulClient({ url: "" }).subscribe("message", ({ data }) => isKnown(data.message.content));
    isKnown([bindTextarea, ManualClock, WebSocketTestHelper]);
    `,
  );
  cpSync(join(import.meta.dir, "contract-types.ts"), join(directory, "contract-types.ts"));
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const strict = [
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--target",
    "es2022",
    "--types",
    "",
  ];
  for (const how of [
    ["--module", "nodenext"],
    ["--module", "preserve", "--moduleResolution", "bundler"],
  ]) {
    const { stdout, exitCode } = Bun.spawnSync(
      [process.execPath, tsc, ...strict, ...how, "--lib", "es2023,dom", "use.ts", "contract-types.ts"],
      { cwd: directory },
    );
    expect(stdout.toString()).toBe("");
    expect(exitCode).toBe(0);
  }
  rmSync(directory, { recursive: true });
});

test.each(["publint", "attw"])("%s finds nothing wrong with what is packed", async (checker) => {
  const directory = mkdtempSync(join(tmpdir(), "switchboard-packed-"));
  const packed = Bun.spawnSync(["npm", "pack", "--silent", "--pack-destination", directory], {
    cwd: join(ROOT, "packages/client"),
  });
  const tarball = join(directory, packed.stdout.toString().trim());
  const args = checker === "publint" ? ["--strict", "--pack", "npm", "."] : [tarball];
  const { stdout, stderr, exitCode } = Bun.spawnSync([join(ROOT, "node_modules/.bin", checker), ...args], {
    cwd: join(ROOT, "packages/client"),
  });
  expect(exitCode, `${stdout}${stderr}`).toBe(0);
  rmSync(directory, { recursive: true });
});

test("what is packed is what a project needs, and no more", () => {
  const { stdout } = Bun.spawnSync(["npm", "pack", "--dry-run", "--json"], {
    cwd: join(ROOT, "packages/client"),
  });
  const [{ files }] = JSON.parse(stdout.toString()) as [{ files: { path: string }[] }];
  const folders = new Set(files.map(({ path }) => path.split("/")[0]));
  expect([...folders].sort()).toEqual(["LICENSE", "README.md", "dist", "package.json"]);
});

test("the build changes nothing that git knows of", () => {
  expect(status()).toBe(before);
});
