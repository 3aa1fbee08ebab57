import { join, resolve } from "node:path";

// Makes the pages that a server shows at /examples/ outside production, in dist/examples. `bun run build:examples`
const root = resolve(import.meta.dir, "..");

/** Builds the example pages into a folder. Throws what vite says is wrong. */
export function buildExamples(folder = join(root, "dist/examples")): void {
  const { exitCode, stdout, stderr } = Bun.spawnSync(
    [
      ...[
        join(root, "node_modules/.bin/vite"),
        "build",
        "--config",
        join(root, "examples/pages/vite.config.ts"),
      ],
      ...["--outDir", folder, "--emptyOutDir", "--logLevel", "warn"],
    ],
    { cwd: root },
  );
  if (exitCode !== 0) throw new Error(`vite: ${stdout}${stderr}`);
}

if (import.meta.main) buildExamples();
