import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { BROWSER_TEST_MS, hasBrowser } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { API_KEY } from "../support/server.ts";
import { openConsole } from "./browser.ts";

setDefaultTimeout(BROWSER_TEST_MS * 3);

interface Delivery {
  readonly signatures: readonly string[];
  readonly type: string;
  readonly contents: readonly string[];
}

const deliveries: Delivery[] = [];
let isRefusing = false;
const receiver = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const { type, data } = JSON.parse(await request.text());
    deliveries.push({
      signatures: (request.headers.get("webhook-signature") ?? "").split(" "),
      type,
      contents: (data.events ?? []).map(
        (event: { data: { message: { content: string } } }) => event.data.message.content,
      ),
    });
    return new Response(null, { status: isRefusing ? 500 : 200 });
  },
});
afterAll(() => receiver.stop(true));

describe.skipIf(!hasBrowser)("the console's webhooks", () => {
  const { server, visit } = openConsole();

  test("one is created, tested, paused, resumed and gets a new secret, and its lag is shown", async () => {
    const { page, close } = await visit();
    const panel = page.locator("#panel-webhooks");
    const press = (name: string) => panel.getByRole("button", { name, exact: true }).click();
    const webhook = (text: string) => panel.locator("[data-webhook=hook]", { hasText: text }).waitFor();
    const bob = await server().chat("bob");
    await bob.join("one");
    const say = async (content: string) => {
      bob.say("message", { chatId: "one", content });
      await bob.next("message");
    };

    await page.getByRole("tab", { name: "Webhooks" }).click();
    await panel.getByText("Type in an API key").waitFor();
    await panel.locator("[data-key]").fill(API_KEY);
    await panel.getByLabel("Name").fill("hook");
    await panel.getByText("There is no webhook.").waitFor();
    await panel.getByLabel("URL").fill(`http://127.0.0.1:${receiver.port}/`);
    await panel.getByLabel("Rooms").fill("chat:*");
    await press("Create");
    await webhook("whsec_");
    await webhook("chat:*");

    await press("Test");
    await webhook("The test was delivered and answered with 200.");
    expect(deliveries.map(({ type }) => type)).toEqual(["test"]);

    await press("Pause");
    await webhook("paused");
    await say("while paused");
    await webhook("Lag1 event");
    expect(deliveries.length).toBe(1);
    await press("Resume");
    await webhook("Lagnone");
    expect(deliveries[1]).toMatchObject({ type: "events", contents: ["while paused"] });
    expect(deliveries[1]?.signatures.length).toBe(1);

    const before = await panel.locator("[data-webhook=hook] output").textContent();
    await press("Rotate secret");
    await webhook("The one before signs too");
    expect(await panel.locator("[data-webhook=hook] output").textContent()).not.toBe(before);
    await press("Test");
    await webhook("The test was delivered");
    expect(deliveries.at(-1)?.signatures.length).toBe(2);

    expect(await panel.getByRole("button", { name: "Skip" }).isVisible()).toBe(false);
    isRefusing = true;
    await say("refused");
    await webhook("failing");
    isRefusing = false;
    page.once("dialog", (dialog) => dialog.accept());
    await press("Skip");
    await webhook("it goes on after");
    await say("taken");
    await webhook("Lagnone");
    await eventually(() => deliveries.at(-1)?.contents.join() === "taken");

    page.once("dialog", (dialog) => dialog.accept());
    await press("Delete");
    await panel.getByText("There is no webhook.").waitFor();
    await close();
  });

  test("of several nodes a page shows each, and their log; one server alone has no such page", async () => {
    const { page, close } = await visit();
    expect(await page.getByRole("tab", { name: "Cluster" }).count()).toBe(0);
    const node = {
      version: "1.2.3",
      uptime: 1,
      connections: 7,
      lagSeconds: 0,
      position: 1_234,
      writeLevel: 1,
    };
    const hash = "0123456789abcdef";
    const state = {
      cluster: "switchboard",
      log: {
        ...{ id: "l", leader: "log-2", first: 1, last: 1_234, bytes: 0, maxBytes: 1_048_576 },
        replicas: [{ name: "log-1", current: false, behind: 5 }],
      },
      nodes: [
        { ...node, name: "a", ready: true, reason: null, hash, leases: ["snapshots"] },
        {
          ...{ ...node, name: "b", ready: false, reason: "lagging 3.2 s", hash, leases: [] },
          warning: "JWT_SECRET (a)",
        },
      ],
    };
    await page.route("**/console/settings.json", async (route) => {
      const settings = await (await route.fetch()).json();
      await route.fulfill({ json: { ...settings, cluster: true } });
    });
    await page.route("**/dev/cluster", (route) => route.fulfill({ json: state }));
    await page.reload();
    await page.getByRole("tab", { name: "Cluster" }).click();
    const panel = page.locator("#panel-cluster");
    const shown = (name: string, text: string) =>
      panel.locator(`[data-node=${name}]`, { hasText: text }).waitFor();
    await panel.getByText("switchboard: 1 of 2 nodes are ready").waitFor();
    for (const text of ["1,234", "0123456789ab", "snapshots", "1.2.3"]) await shown("a", text);
    for (const text of ["lagging 3.2 s", "JWT_SECRET (a)"]) await shown("b", text);
    await panel.getByText("log-1 (5 behind)").waitFor();
    await close();
  });
});
