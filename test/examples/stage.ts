import { afterAll, beforeAll, expect } from "bun:test";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { buildExamples } from "../../scripts/build-examples.ts";
import { startBrowser } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const ROOT = resolve(import.meta.dir, "../..");
/** Where the pictures of the docs are; taken anew with `PICTURES=1`. */
const PICTURES = process.env["PICTURES"] ? join(ROOT, "docs/client/pictures") : undefined;

/** A server with the example pages, and what plays them in two browsers. */
export function pageStage() {
  let server: TestServer;
  let browser: Browser;
  const faults: string[] = [];

  beforeAll(async () => {
    buildExamples();
    [server, browser] = await Promise.all([startTestServer(), startBrowser()]);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  async function open(page: string, user: string, prepare: (tab: Page) => Promise<void>): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1040, height: 680 } });
    const tab = await context.newPage();
    tab.setDefaultTimeout(15_000);
    tab.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) faults.push(`${page}: ${message.text()}`);
    });
    tab.on("pageerror", (error) => void faults.push(`${page}: ${error}`));
    await prepare(tab);
    await tab.goto(`http://127.0.0.1:${server.port}/examples/${page}.html?user=${user}`);
    await tab.waitForSelector(".pill.connected");
    return tab;
  }

  /** Who is connected, by their connections. */
  async function connected(): Promise<string[]> {
    const answer = await server.http("GET", "/v1/connections");
    const { connections }: { connections: { userId: string }[] } = JSON.parse(await answer.text());
    return connections.map(({ userId }) => userId).sort();
  }

  /** As Ada and as Bob. Nothing goes wrong in either, and a page has one connection, though React mounts it twice. */
  async function play(
    page: string,
    by: (ada: Page, bob: Page) => Promise<void>,
    prepare = async (_: Page) => {},
  ): Promise<void> {
    faults.length = 0;
    const [ada, bob] = (await Promise.all(["ada", "bob"].map((user) => open(page, user, prepare)))) as [
      Page,
      Page,
    ];
    try {
      await by(ada, bob);
      expect(await connected()).toEqual(["ada", "bob"]);
      expect(faults).toEqual([]);
      if (PICTURES) {
        mkdirSync(PICTURES, { recursive: true });
        await ada.screenshot({ path: join(PICTURES, `${page}.png`) });
      }
    } finally {
      await Promise.all([ada.context().close(), bob.context().close()]);
    }
    // A page that is closed leaves nothing behind.
    await eventually(async () => (await connected()).length === 0);
  }

  return { play };
}

/** The page's time moves only by `runFor`: what it shows for some seconds stays until the test has seen it. */
export async function stopClock(tab: Page): Promise<void> {
  const now = Date.now();
  await tab.clock.install({ time: now });
  await tab.clock.pauseAt(now + 60_000);
}

export async function say(page: Page, text: string): Promise<void> {
  await page.fill("[aria-label=Message]", text);
  await page.click("text=Send");
}
