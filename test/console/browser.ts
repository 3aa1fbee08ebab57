import { afterAll, beforeAll, expect } from "bun:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { startBrowser } from "../support/chromium.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "../support/server.ts";

export interface Visit {
  readonly page: Page;
  /** What the browser found wrong: errors of the console and of scripts, violations of the policy. */
  readonly faults: string[];
  /** Fails when there are faults. */
  close(): Promise<void>;
}

/** For the tests of a `describe`: a server and a browser, which end with them. */
export function openConsole(options?: TestServerOptions) {
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    [server, browser] = await Promise.all([startTestServer(options), startBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });
  return {
    server: () => server,
    /** A new visitor, who has just opened the console. */
    visit: (how?: BrowserContextOptions) => visit(browser, server.port, how),
  };
}

async function visit(browser: Browser, port: number, options?: BrowserContextOptions): Promise<Visit> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(message.text());
  });
  page.on("pageerror", (error) => void faults.push(String(error)));
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.locator("#gate:visible, #console:visible").waitFor();
  return {
    page,
    faults,
    async close() {
      await context.close();
      expect(faults).toEqual([]);
    },
  };
}
