import { readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vite";

const here = import.meta.dirname;
const client = join(here, "../../packages/client/src");

// In a project that has installed the client nothing of this is needed but `plugins`, where it has any.
export default defineConfig({
  root: here,
  base: "/examples/",
  resolve: {
    alias: [
      { find: "switchboard-client/react", replacement: join(client, "react/index.ts") },
      { find: "switchboard-client", replacement: join(client, "index.ts") },
    ],
  },
  build: {
    rollupOptions: {
      input: readdirSync(here)
        .filter((name) => name.endsWith(".html"))
        .map((name) => join(here, name)),
    },
  },
});
