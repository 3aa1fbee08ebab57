import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { BunPlugin } from "bun";
import { buildExamples } from "./build-examples.ts";

// Makes dist/switchboard: one binary for this platform, with everything in it. `bun run build`
const root = resolve(import.meta.dir, "..");
const outfile = `${root}/dist/switchboard`;

const pages = `${root}/dist/examples`;
buildExamples(pages);

/** The binary holds the example pages. */
const withExamples: BunPlugin = {
  name: "example pages",
  setup(build) {
    build.onLoad({ filter: /src\/examples\/built\.ts$/ }, async () => {
      const files = readdirSync(pages, { recursive: true, withFileTypes: true }).filter((file) =>
        file.isFile(),
      );
      const entries = await Promise.all(
        files.map(async ({ parentPath, name }) => {
          const path = join(parentPath, name);
          return [relative(pages, path), Buffer.from(await Bun.file(path).bytes()).toString("base64")];
        }),
      );
      const contents = `const files = ${JSON.stringify(entries)};
        let pages;
        export const builtPages = () =>
          (pages ??= new Map(files.map(([path, text]) => [path, Uint8Array.fromBase64(text)])));`;
      return { contents, loader: "js" };
    });
  },
};

// A build that fails must not leave an older binary for a new one.
await rm(outfile, { force: true });
// Throws, with what is wrong and where, when anything cannot be built.
const { outputs } = await Bun.build({
  // Workers are started by URL, which the bundler does not follow: each is named here.
  entrypoints: [
    `${root}/src/main.ts`,
    `${root}/src/storage/checkpoint-worker.ts`,
    `${root}/src/storage/backup-worker.ts`,
    `${root}/src/commands/progress-worker.ts`,
  ],
  target: "bun",
  // Without folders: the modules of src/main.ts become one file at the top, and the workers that they look
  // for with `new URL("./a-worker.ts", import.meta.url)` must lie beside that.
  naming: "[name].[ext]",
  // Read when the binary runs. Bun would write the value of the build into it.
  define: { "process.env.NODE_ENV": "process.env.NODE_ENV" },
  // Stack traces name the lines of src/. The map is in the binary; the copy beside it is not needed.
  sourcemap: "linked",
  plugins: [withExamples],
  compile: { outfile },
});
for (const map of outputs.filter((output) => output.kind === "sourcemap")) await rm(map.path);

console.log(`${outfile}: ${(Bun.file(outfile).size / 1_048_576).toFixed(1)} MB`);
