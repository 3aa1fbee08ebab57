import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { BROWSER_TEST_MS, hasBrowser, startBrowser } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { servePage } from "../support/page-server.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

setDefaultTimeout(BROWSER_TEST_MS);

describe.skipIf(!hasBrowser)("React's StrictMode, which mounts each component twice", () => {
  let server: TestServer;
  let browser: Browser;
  let application: Bun.Server<undefined>;
  beforeAll(async () => {
    application = await servePage(join(import.meta.dir, "react-page.ts"));
    const origin = `http://127.0.0.1:${application.port}`;
    [server, browser] = await Promise.all([
      startTestServer({ env: { ALLOWED_ORIGINS: origin } }),
      startBrowser(),
    ]);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
    await application.stop(true);
  });

  async function connections(): Promise<string[]> {
    const answer = await server.http("GET", "/v1/connections");
    const { connections }: { connections: { protocol: string }[] } = JSON.parse(await answer.text());
    return connections.map(({ protocol }) => protocol).sort();
  }

  async function say(text: string): Promise<void> {
    const data = { content: text, author: "Bob", authorId: "bob", messageType: "text" };
    const timestamp = "2026-03-02T08:30:00.000Z";
    const message = {
      id: text,
      chatId: "c",
      userId: "bob",
      content: text,
      role: "user",
      timestamp,
      metadata: {},
    };
    const events = [
      ["atomic", { room: "context:c", type: "message", data }],
      ["gurukul", { room: "chat:c", type: "message", data: { chatId: "c", message } }],
    ] as const;
    for (const [protocol, event] of events) {
      expect((await server.http("POST", `/v1/${protocol}/events`, event)).status).toBe(200);
    }
  }

  test("a chat that is mounted, unmounted and mounted again has one connection, and shows each message once", async () => {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(10_000);
    const faults: string[] = [];
    page.on("pageerror", (error) => void faults.push(String(error)));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) faults.push(message.text());
    });
    await page.goto(`http://127.0.0.1:${application.port}/`);
    const own = { origin: `ws://127.0.0.1:${server.port}`, token: await server.token("ada") };
    const mount = async () => {
      await page.waitForFunction("typeof mount === 'function'");
      await page.evaluate(`mount(${JSON.stringify(own)})`);
      for (const id of ["gurukul", "atomic"])
        await page.waitForSelector(`#${id}.connected`, { state: "attached" });
    };
    const shown = (id: string) => page.locator(`#${id} p`).allTextContents();
    const last = (text: string) => page.waitForSelector(`#atomic p:last-child:has-text("${text}")`);

    await mount();
    await eventually(async () => (await connections()).join() === "atomic,gurukul");
    await say("one");
    await last("one");
    await page.click("text=Send");
    await last("own sent");
    await page.evaluate("unmount()");
    await eventually(async () => (await connections()).length === 0);
    await say("two");
    await mount();
    await eventually(async () => (await connections()).join() === "atomic,gurukul");
    await last("two");
    await say("three");
    await last("three");
    await page.waitForSelector('#gurukul p:has-text("three")');
    expect(await shown("atomic")).toEqual(["one sent", "own sent", "two sent", "three sent"]);
    expect(await shown("gurukul")).toEqual(["one", "two", "three"]);
    expect(faults).toEqual([]);
    await page.context().close();
  });
});
