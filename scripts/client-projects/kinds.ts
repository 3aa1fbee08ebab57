import { join } from "node:path";
import { runInBrowser } from "./browser.ts";
import { PLACE_FIRST, runWith, writeCommon, writeModules, writeTyped } from "./examples.ts";
import { type ProjectKind, sh } from "./kind.ts";

const htmlOf = (page: string, script: string): string =>
  `<!doctype html><title>${page}</title><script type="module" src="${script}"></script>`;

const versionOf = (path: string | null | undefined): number =>
  path ? Number(/\d+/.exec(Bun.spawnSync([path, "--version"]).stdout.toString())?.[0] ?? 0) : 0;
const node = [process.env["NODE20"], Bun.which("node")].find((path) => versionOf(path) === 20);
const node22 = [process.env["NODE22"], Bun.which("node")].find((path) => versionOf(path) >= 22);

export const projectKinds: ProjectKind[] = [
  {
    ...{ name: "node20", packages: ["ws"], missing: node ? undefined : "no Node 20: name one in NODE20" },
    ...{ prepare: writeModules("mjs"), run: runWith(node ?? "", "mjs") },
  },
  {
    ...{ name: "node22", packages: [], missing: node22 ? undefined : "no Node 22: name one in NODE22" },
    ...{ prepare: writeModules("mjs"), run: runWith(node22 ?? "", "mjs") },
  },
  {
    ...{ name: "bun", packages: [] },
    ...{ prepare: writeModules("mjs"), run: runWith(process.execPath, "mjs") },
  },
  {
    ...{ name: "commonjs", packages: ["ws"] },
    ...{ prepare: writeCommon, run: runWith(node22 ?? node ?? process.execPath, "cjs") },
  },
  {
    ...{ name: "vite", packages: ["vite", "typescript"] },
    async prepare(directory, all) {
      await writeTyped(directory, all);
      const input = JSON.stringify(all.map(({ page }) => `${page}.html`));
      const config = `export default { build: { target: "esnext", rollupOptions: { input: ${input} } } };`;
      await Bun.write(join(directory, "vite.config.js"), config);
      await sh(directory, ["npx", "vite", "build", "--logLevel", "warn"]);
    },
    run: (directory, example, place) => runInBrowser(join(directory, "dist"), example, place),
  },
  {
    ...{ name: "esbuild", packages: ["esbuild"] },
    async prepare(directory, all) {
      await writeModules("mjs")(directory, all);
      for (const { page } of all) {
        const script = await Bun.file(join(directory, `${page}.mjs`)).text();
        await Bun.write(join(directory, `${page}.mjs`), script.replace(PLACE_FIRST, ""));
        await Bun.write(join(directory, `out/${page}.html`), htmlOf(page, `/${page}.js`));
      }
      const files = all.map(({ page }) => `${page}.mjs`);
      const how = ["--bundle", "--minify", "--format=esm", "--target=es2022", "--outdir=out"];
      await sh(directory, ["npx", "esbuild", ...files, ...how, "--log-level=warning"]);
    },
    run: (directory, example, place) => runInBrowser(join(directory, "out"), example, place),
  },
  {
    // What Next bundles with.
    ...{ name: "webpack", packages: ["webpack", "webpack-cli"] },
    async prepare(directory, all) {
      await writeModules("mjs")(directory, all);
      for (const { page } of all) {
        const script = await Bun.file(join(directory, `${page}.mjs`)).text();
        await Bun.write(join(directory, `${page}.mjs`), script.replace(PLACE_FIRST, ""));
        await Bun.write(join(directory, `out/${page}.html`), htmlOf(page, `/${page}.js`));
      }
      const entry = Object.fromEntries(all.map(({ page }) => [page, `./${page}.mjs`]));
      const config = {
        ...{ mode: "production", target: ["web", "es2022"], entry, stats: "errors-warnings" },
        ...{ output: { filename: "[name].js", path: "PATH" }, performance: { hints: false } },
      };
      await Bun.write(
        join(directory, "webpack.config.cjs"),
        `module.exports = ${JSON.stringify(config).replace('"PATH"', '__dirname + "/out"')};`,
      );
      const said = await sh(directory, ["npx", "webpack"]);
      if (/warning/i.test(said)) throw new Error(said);
    },
    run: (directory, example, place) => runInBrowser(join(directory, "out"), example, place),
  },
  {
    ...{ name: "next", packages: ["next", "react", "react-dom"] },
    // It installs 340 MB, so it is built only when it is asked for by name.
    missing: process.argv.includes("next") ? undefined : "name it: it takes minutes",
    async prepare(directory, all) {
      await writeModules("mjs")(directory, all);
      await Bun.write(join(directory, "next.config.mjs"), 'export default { output: "export" };\n');
      await Bun.write(
        join(directory, "app/layout.jsx"),
        "export default ({ children }) => <html><body>{children}</body></html>;\n",
      );
      // A component of the server's that shows one with a hook.
      await Bun.write(
        join(directory, "app/page.jsx"),
        'import { Chat } from "./chat.jsx";\nexport default () => <Chat />;\n',
      );
      await Bun.write(
        join(directory, "app/chat.jsx"),
        `"use client";
import { useChat } from "switchboard-client/react";
export const Chat = () => <p>{useChat({ url: "ws://localhost/ws", chatId: "c", userId: "u" }).connection}</p>;
`,
      );
      for (const { page } of all) {
        const script = await Bun.file(join(directory, `${page}.mjs`)).text();
        await Bun.write(join(directory, `${page}.mjs`), script.replace(PLACE_FIRST, ""));
        await Bun.write(
          join(directory, `app/${page}/page.jsx`),
          `"use client";
import { useEffect } from "react";
export default function Page() {
  useEffect(() => void import("../../${page}.mjs"), []);
}
`,
        );
      }
      await sh(directory, ["npx", "next", "build"], { NEXT_TELEMETRY_DISABLED: "1", CI: "true" });
      const index = await Bun.file(join(directory, "out/index.html")).text();
      if (!index.includes("<p>disconnected</p>")) throw new Error(`the hook is not rendered: ${index}`);
    },
    run: (directory, example, place) => runInBrowser(join(directory, "out"), example, place),
  },
];
