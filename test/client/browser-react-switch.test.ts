import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { BROWSER_TEST_MS, hasBrowser, startBrowser } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { servePage } from "../support/page-server.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

setDefaultTimeout(BROWSER_TEST_MS);

describe.skipIf(!hasBrowser)("hooks that stay mounted", () => {
  let server: TestServer;
  let browser: Browser;
  let application: Bun.Server<undefined>;
  beforeAll(async () => {
    application = await servePage(join(import.meta.dir, "react-switch-page.ts"));
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

  async function open(name: string): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(10_000);
    await page.goto(`http://127.0.0.1:${application.port}/`);
    const [ada, bob, carol] = await Promise.all(["ada", "bob", "carol"].map((user) => server.token(user)));
    const own = { origin: `ws://127.0.0.1:${server.port}`, tokens: { ada, bob, carol } };
    await page.waitForFunction("typeof mount === 'function'");
    await page.evaluate(`mount(${JSON.stringify(name)}, ${JSON.stringify(own)})`);
    return page;
  }

  async function connected(): Promise<string[]> {
    const answer = await server.http("GET", "/v1/connections");
    const { connections }: { connections: { protocol: string; userId: string | null }[] } = JSON.parse(
      await answer.text(),
    );
    return connections.map(({ protocol, userId }) => `${protocol} ${userId}`).sort();
  }

  test("another user gets connections of their own", async () => {
    const page = await open("Users");
    const of = (user: string) => ["atomic", "atomic", "discord", "hyperfocus"].map((one) => `${one} ${user}`);
    await eventually(async () => (await connected()).join() === of("ada").join());
    await page.click("text=Bob");
    await eventually(async () => (await connected()).every((one) => one.endsWith("bob")));
    await eventually(async () => (await connected()).join() === of("bob").join());
    await page.context().close();
  });

  test("a chat whose connection was given up is joined once there is one", async () => {
    const page = await open("Chat");
    await page.waitForSelector("#chat.error");
    await page.click("#chat");
    await page.waitForSelector("#chat.connected");
    const message = {
      ...{ id: "m1", chatId: "c", userId: "bob", content: "Hello", role: "user" },
      ...{ timestamp: "2026-03-02T08:30:00.000Z", metadata: {} },
    };
    const event = { room: "chat:c", type: "message", data: { chatId: "c", message } };
    expect((await server.http("POST", "/v1/gurukul/events", event)).status).toBe(200);
    await page.waitForSelector('#chat:has-text("said: Hello")');
    await page.context().close();
  });

  test("metrics whose connection was given up are subscribed to once there is one", async () => {
    const page = await open("Metrics");
    await page.waitForSelector("#metrics.error");
    await page.click("#metrics");
    await page.waitForSelector("#metrics.connected");
    const event = { room: "context:c", type: "metric_update", data: { metric: "performance", value: 0.87 } };
    expect((await server.http("POST", "/v1/atomic/events", event)).status).toBe(200);
    await page.waitForSelector('#metrics:has-text("performance: 0.87")');
    await page.context().close();
  });

  test("a field that is taken away with null, as by React 18, is left alone", async () => {
    const page = await open("Document");
    await page.waitForSelector('#document:has-text("typed")');
    expect(await page.textContent("#document")).toBe("text: typed");
    await page.context().close();
  });
});
