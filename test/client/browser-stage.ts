import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { history, historyKeymap } from "@codemirror/commands";
import type { Extension } from "@codemirror/state";
import type { EditorView, keymap } from "@codemirror/view";
import type { BrowserContext, Page } from "playwright-core";
import type { SharedText } from "../../packages/client/src/index.ts";
import type { TextField } from "../../packages/client/src/textarea.ts";
import { startBrowser } from "../support/chromium.ts";
import { startTestServer } from "../support/server.ts";

declare global {
  /** In the pages: what is published, as it is built. */
  var switchboard: typeof import("../../packages/client/src/index.ts");
  /** In the pages: their textarea. */
  var field: TextField;
  /** In the pages: CodeMirror, and the example of it. */
  var codemirror: {
    readonly EditorView: typeof EditorView;
    readonly history: typeof history;
    readonly historyKeymap: typeof historyKeymap;
    readonly keymap: typeof keymap;
    readonly shared: (text: SharedText) => Extension;
  };
}

const ROOT = resolve(import.meta.dir, "../..");
const PAGE = `<!doctype html><title>A page</title><link rel="icon" href="data:," />
<script type="importmap">{ "imports": { "zod": "/zod.js" } }</script><textarea id="field"></textarea>
<script type="module">globalThis.codemirror = await import("/editor-page.js");
globalThis.switchboard = await import("/index.js");</script>`;

/** A page of an application, and what the browser found wrong with it. */
export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors and warnings of its console, and what its scripts threw. */
  readonly faults: string[];
}

/** The built client, an application that serves it, a server that lets that in, and a browser. */
export async function startStage() {
  const directory = mkdtempSync(join(tmpdir(), "switchboard-browser-"));
  const build = Bun.spawnSync([process.execPath, "run", "scripts/build-client.ts", directory, "--no-types"], {
    cwd: ROOT,
  });
  if (build.exitCode !== 0) throw new Error(`${build.stdout}${build.stderr}`);
  await Bun.build({ entrypoints: [join(import.meta.dir, "editor-page.js")], outdir: directory });
  // A user of `validate` installs it.
  await Bun.build({
    entrypoints: [Bun.fileURLToPath(import.meta.resolve("zod"))],
    outdir: directory,
    naming: "zod.js",
    target: "browser",
  });
  const application = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/") return new Response(PAGE, { headers: { "content-type": "text/html" } });
      const file = Bun.file(join(directory, pathname));
      return (await file.exists()) ? new Response(file) : new Response("no such file", { status: 404 });
    },
  });
  const origin = `http://127.0.0.1:${application.port}`;
  const [server, browser] = await Promise.all([
    startTestServer({ env: { ALLOWED_ORIGINS: origin } }),
    startBrowser(),
  ]);

  /** Another page of this visitor, or of a new one. */
  async function visit(address = origin, context?: BrowserContext): Promise<Visit> {
    const own = context ?? (await browser.newContext());
    const page = await own.newPage();
    page.setDefaultTimeout(10_000);
    const faults: string[] = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) faults.push(message.text());
    });
    page.on("pageerror", (error) => void faults.push(String(error)));
    await open(page, address);
    return { page, context: own, faults };
  }

  return {
    server,
    directory,
    origin,
    visit,
    /** The same application under another name, which the server has not been told of. */
    foreign: `http://localhost:${application.port}`,
    async stop(): Promise<void> {
      await browser.close();
      await server.stop();
      await application.stop(true);
      rmSync(directory, { recursive: true });
    },
  };
}

export type Stage = Awaited<ReturnType<typeof startStage>>;

/** Resolves once the page has the client. */
export async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.waitForFunction(() => globalThis.switchboard !== undefined);
}
