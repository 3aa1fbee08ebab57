import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { BROWSER_TEST_MS, hasBrowser } from "../support/chromium.ts";
import { API_KEY } from "../support/server.ts";
import { openConsole } from "./browser.ts";

setDefaultTimeout(BROWSER_TEST_MS * 3);

describe.skipIf(!hasBrowser)("the console's feed", () => {
  const { server, visit } = openConsole();

  test("follows with a key, filters, is held while paused, and goes on at its cursor", async () => {
    const { page, faults, close } = await visit();
    const asked: { url: URL; key: string | undefined }[] = [];
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.pathname.endsWith("/feed")) asked.push({ url, key: request.headers()["authorization"] });
    });
    const press = (name: string) =>
      page.locator("#panel-feed").getByRole("button", { name, exact: true }).click();
    const state = (text: string) => page.locator("#feed-state", { hasText: text }).waitFor();
    const events = page.locator("#feed-list li");
    const bob = await server().chat("bob");
    await bob.join("one");
    await bob.join("two");
    const say = async (chatId: string, content: string) => {
      bob.say("message", { chatId, content });
      await bob.next("message");
    };

    await page.getByRole("tab", { name: "Feed" }).click();
    // On the server's own machine no key is needed.
    await press("Follow");
    await state("Following");
    await say("one", "first\u2028line");
    await events.filter({ hasText: "first" }).waitFor();
    expect(await events.first().locator(".offset").textContent()).toBe("chat:one @1");

    await press("Pause");
    await say("one", "held");
    await say("two", "other");
    await state("Paused");
    expect(await events.count()).toBe(1);
    await press("Pause");
    await events.filter({ hasText: "other" }).waitFor();

    await press("Stop");
    await state("Not following");
    const cursor = await page.locator("#feed-cursor").textContent();
    expect(await page.getByLabel("Go on after").inputValue()).toBe(cursor ?? "");
    await say("one", "missed");
    await say("two", "left out");
    await page.locator("#panel-feed [data-key]").fill(API_KEY);
    await page.locator("#feed-rooms").fill("chat:one");
    await page.locator("#feed-kinds").fill("message");
    await press("Follow");
    await events.filter({ hasText: "missed" }).waitFor();
    await say("one", "last");
    await events.filter({ hasText: "last" }).waitFor();
    const shown = (await events.locator(".short").allTextContents()).map(
      (text) => JSON.parse(text).message.content,
    );
    expect(shown).toEqual(["first\u2028line", "held", "other", "missed", "last"]);
    expect(asked.map(({ url, key }) => [url.pathname, key])).toEqual([
      ["/dev/feed", undefined],
      ["/v1/feed", `Bearer ${API_KEY}`],
    ]);

    await press("Stop");
    await page.getByLabel("Go on after").fill("yesterday");
    await press("Follow");
    await page.getByRole("alert").filter({ hasText: "after must be a position" }).waitFor();
    // A browser writes each answer of 400 to its console.
    expect(faults.splice(0)).toEqual([expect.stringContaining("400")]);
    await close();
  });
});
