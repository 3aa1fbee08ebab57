import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Glob } from "bun";

// Makes what Node, Bun and browsers import: plain ES modules with types in packages/client/dist, of the entry points that
// its package.json exports. `bun run build:client`, or into another folder: `bun run scripts/build-client.ts FOLDER`.
const root = resolve(import.meta.dir, "..");
const source = join(root, "packages/client/src");
const dist = resolve(process.argv[2] ?? join(root, "packages/client/dist"));
const ENTRIES = ["index.ts", "testing/index.ts", "validate/index.ts", "textarea.ts", "codemirror.ts"];
/** Bytes, gzipped, of the engine with one client. */
const MOST = 6 * 1024;
const CLIENTS = {
  GurukulClient: "gurukul.ts",
  ChatWebSocketClient: "atomic-chat.ts",
  AnalyticsWebSocketClient: "atomic-analytics.ts",
  CollaborationWebSocketClient: "atomic-collaboration.ts",
  VoiceChannelClient: "voice.ts",
  GiftHostClient: "gifts.ts",
  DietWebSocketClient: "diet.ts",
};
/** It brings a document that is edited together, which is more than an engine with one client. */
const MAY_BE_LARGER = ["CollaborationWebSocketClient"];

await rm(dist, { recursive: true, force: true });

for (const entry of ENTRIES) {
  await Bun.build({
    entrypoints: [join(source, entry)],
    outdir: join(dist, entry, ".."),
    target: "browser",
    format: "esm",
    sourcemap: "linked",
    // Peers: the project that uses the entry point has them.
    external: ["zod", "@codemirror/*"],
  });
}

await declare();
await measure();

/** Types follow imports into the schemas of the contracts, and from there to zod, which is there for types alone. */
async function declare(): Promise<void> {
  const tsc = Bun.spawn(
    [process.execPath, "x", "tsc", "-p", "tsconfig.client.json", "--outDir", join(dist, "types")],
    {
      cwd: root,
      stdout: "inherit",
      stderr: "inherit",
    },
  );
  if ((await tsc.exited) !== 0) process.exit(1);
  const types = join(dist, "types");
  for await (const file of new Glob("**/*.d.ts").scan(types)) {
    const path = join(types, file);
    const text = await Bun.file(path).text();
    await Bun.write(path, text.replace(/(from "\.[^"]+|import\("\.[^"]+)\.ts"/g, '$1.js"'));
  }
}

async function measure(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "switchboard-size-"));
  let tooLarge = false;
  for (const [name, file] of Object.entries(CLIENTS)) {
    const entry = join(directory, `${name}.ts`);
    await Bun.write(entry, `export { ${name} } from ${JSON.stringify(join(source, file))};`);
    const { outputs } = await Bun.build({ entrypoints: [entry], target: "browser", minify: true });
    const bytes = Bun.gzipSync(await outputs[0]!.arrayBuffer(), { level: 9 }).length;
    const isTooLarge = bytes > MOST && !MAY_BE_LARGER.includes(name);
    tooLarge ||= isTooLarge;
    const limit = MAY_BE_LARGER.includes(name) ? "" : ` of ${MOST}`;
    console.log(`${name}: ${bytes}${limit} bytes gzipped${isTooLarge ? ": too large" : ""}`);
  }
  await rm(directory, { recursive: true });
  if (tooLarge) process.exit(1);
}
