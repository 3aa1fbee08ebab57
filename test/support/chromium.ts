import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** The one that is named, or else where packages put it. */
const PLACES = process.env["CHROMIUM"]
  ? [process.env["CHROMIUM"]]
  : ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = PLACES.find((path) => existsSync(path));

if (executablePath === undefined) {
  const advice = "No Chromium: install the package `chromium`, or name one in CHROMIUM.";
  if (process.env["CI"] === "true") throw new Error(advice);
  console.error(`\n!!! ${advice} THE TESTS IN A BROWSER ARE SKIPPED.\n`);
}

/** A browser on a busy machine needs more than other tests do. */
export const BROWSER_TEST_MS = 20_000;

/** Without a browser there is nothing to test with. */
export const hasBrowser = executablePath !== undefined;

/** The root user, as in containers, has no sandbox to give. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox", "--disable-gpu"] });
