import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { BunPlugin } from "bun";
import { declarations } from "./client-types.ts";

// Makes what `npm pack` packs of packages/client: ES modules in dist/, CommonJS in dist/cjs/, and the types beside each.
// `bun run build:client`. Into another folder: `bun run scripts/build-client.ts FOLDER`, with `--no-types` in less time.
const root = resolve(import.meta.dir, "..");
const source = join(root, "packages/client/src");
const [folder, ...flags] = process.argv.slice(2);
const dist = resolve(folder ?? join(root, "packages/client/dist"));
const ENTRIES = [
  ...["index.ts", "testing/index.ts", "validate/index.ts", "react/index.ts", "textarea.ts", "codemirror.ts"],
];
/** Peers: the project that uses the entry point has them. */
const EXTERNAL = ["zod", "react", "@codemirror/*"];
/** Bytes, gzipped, of the engine with one client. */
const MOST = 6 * 1024;
const CLIENTS = {
  GurukulClient: "gurukul.ts",
  ChatWebSocketClient: "atomic-chat.ts",
  AnalyticsWebSocketClient: "atomic-analytics.ts",
  CollaborationWebSocketClient: "atomic-collaboration.ts",
  VoiceChannelClient: "voice.ts",
  GiftHostClient: "gifts.ts",
  GiftViewerClient: "gifts.ts",
  DietWebSocketClient: "diet.ts",
};
/** It brings a document that is edited together, which is more than an engine with one client. */
const MAY_BE_LARGER = ["CollaborationWebSocketClient"];

/** CommonJS has no shared chunks. One copy of each class: the other entry points require the main one. */
const requireMain: BunPlugin = {
  name: "require the main entry point",
  setup(build) {
    build.onResolve({ filter: /^\.\.?\/index\.ts$/ }, ({ path, importer }) =>
      resolve(importer, "..", path) === join(source, "index.ts")
        ? { path: "switchboard-client", external: true }
        : undefined,
    );
  },
};

await rm(dist, { recursive: true, force: true });
const common = {
  entrypoints: ENTRIES.map((entry) => join(source, entry)),
  root: source,
  target: "browser",
  external: EXTERNAL,
} as const;
await Bun.build({ ...common, outdir: dist, format: "esm", splitting: true, sourcemap: "linked" });
await Bun.build({ ...common, outdir: join(dist, "cjs"), format: "cjs", plugins: [requireMain] });
// Next takes a module with hooks for one of the server's unless it says this, in its first line.
for (const path of ["react/index.js", "cjs/react/index.js"]) {
  const text = await Bun.file(join(dist, path)).text();
  await Bun.write(join(dist, path), `"use client"; ${text}`);
}
await Bun.write(join(dist, "cjs/package.json"), '{ "type": "commonjs" }\n');
if (!flags.includes("--no-types")) {
  for (const [path, text] of declarations(root, source)) {
    await Bun.write(join(dist, path), text);
    await Bun.write(join(dist, "cjs", path), text);
  }
}
await measure();

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
