import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { TestServer } from "../support/server.ts";

/** The one that is named, or else where packages put it. */
const PLACES = process.env["CHROMIUM"]
  ? [process.env["CHROMIUM"]]
  : ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = PLACES.find((path) => existsSync(path));

if (executablePath === undefined) {
  const advice = "No Chromium: install the package `chromium`, or name one in CHROMIUM.";
  if (process.env["CI"] === "true") throw new Error(advice);
  console.error(`\n!!! ${advice} THE TESTS OF THE CONSOLE IN A BROWSER ARE SKIPPED.\n`);
}

/** A browser on a busy machine needs more than other tests do. */
export const BROWSER_TEST_MS = 20_000;

/** Without a browser there is nothing to test with. */
export const hasBrowser = executablePath !== undefined;

/** The root user, as in containers, has no sandbox to give. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox", "--disable-gpu"] });

export interface Visit {
  readonly page: Page;
  /** What the browser found wrong: errors of the console and of scripts, violations of the policy. */
  readonly faults: string[];
  close(): Promise<void>;
}

/** A new visitor, who has just opened the console of this server. */
export async function visit(
  browser: Browser,
  { port }: TestServer,
  options?: BrowserContextOptions,
): Promise<Visit> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const faults: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(message.text());
  });
  page.on("pageerror", (error) => void faults.push(String(error)));
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.locator("#gate:visible, #console:visible").waitFor();
  return { page, faults, close: () => context.close() };
}
