import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startTestServer } from "../src/testing/server.ts";
import { browser } from "./client-projects/browser.ts";
import { type Example, type Place, type ProjectKind, sh, VERSIONS } from "./client-projects/kind.ts";
import { projectKinds } from "./client-projects/kinds.ts";

// Packs the client, installs what was packed in empty projects, as a stranger would, and runs the first example of each
// page of docs/client there, against a real server. `bun run scripts/client-projects.ts [NAME…]`
// Node 20 is the PATH's, or that of NODE20; Node 22 that of NODE22. Chromium runs what bundlers make.
const root = resolve(import.meta.dir, "..");
const home = await mkdtemp(join(tmpdir(), "switchboard-projects-"));
const PAGES = ["atomic", "diet", "discord", "gurukul", "hyperfocus", "testing"];

const examples = await Promise.all(
  PAGES.map(async (page): Promise<Example> => {
    const text = await Bun.file(join(root, `docs/client/${page}.md`)).text();
    const [, code = "", output = ""] = /```ts run\n(.*?)```\s+```text\n(.*?)```/s.exec(text) ?? [];
    if (code === "") throw new Error(`docs/client/${page}.md has no example that is run`);
    return { page, code, output };
  }),
);

async function place(): Promise<Place & { stop(): Promise<void> }> {
  const server = await startTestServer({ env: { ALLOWED_ORIGINS: "*" } });
  const tokens: Record<string, string> = {};
  for (const user of ["ada", "bob", "streamer"]) tokens[user] = await server.token(user);
  return { origin: `http://127.0.0.1:${server.port}`, tokens, stop: () => server.stop() };
}

async function install(project: ProjectKind, tarball: string): Promise<string> {
  const directory = join(home, project.name);
  await mkdir(directory);
  await Bun.write(join(directory, "package.json"), '{ "private": true }\n');
  const packages = project.packages.map((name) => `${name}@${VERSIONS[name]}`);
  const quiet = ["--no-audit", "--no-fund", "--prefer-offline", "--silent", "--ignore-scripts"];
  await sh(directory, ["npm", "install", ...quiet, tarball, ...packages]);
  return directory;
}

let failed = 0;
try {
  await sh(root, [process.execPath, "run", "scripts/build-client.ts"]);
  const packed = await sh(join(root, "packages/client"), [
    "npm",
    "pack",
    "--silent",
    "--pack-destination",
    home,
  ]);
  const tarball = join(home, packed.trim());
  const wanted = process.argv.slice(2);
  for (const project of projectKinds) {
    if (wanted.length > 0 && !wanted.includes(project.name)) continue;
    if (project.missing !== undefined) {
      console.log(`${project.name}: NOT TRIED, ${project.missing}`);
      continue;
    }
    try {
      const directory = await install(project, tarball);
      await project.prepare(directory, examples);
      for (const example of examples) {
        const { stop, ...where } = await place();
        const output = await project.run(directory, example, where).finally(stop);
        if (output !== example.output) {
          throw new Error(
            `${example.page}.md printed ${JSON.stringify(output)}, not ${JSON.stringify(example.output)}`,
          );
        }
      }
      console.log(`${project.name}: ${examples.length} examples do what their pages say`);
    } catch (error) {
      failed++;
      console.error(`${project.name}: ${error instanceof Error ? error.message : error}`);
    }
  }
} finally {
  await browser.close();
  await rm(home, { recursive: true });
}
process.exit(failed === 0 ? 0 : 1);
