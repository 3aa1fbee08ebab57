import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { TestServer } from "../support/server.ts";

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
