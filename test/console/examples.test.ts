import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { BROWSER_TEST_MS, hasBrowser } from "../support/chromium.ts";
import { openConsole, type Visit } from "./browser.ts";
import offered from "./offered.in-page.js" with { type: "text" };

/** What the console offers to send: its example, and what the form made of it gives back. */
interface Offer {
  readonly contract: string;
  readonly side: "client" | "backend";
  readonly kind: string;
  readonly example: unknown;
  readonly read: unknown;
}

let visitor: Visit;

setDefaultTimeout(BROWSER_TEST_MS * 3);

describe.skipIf(!hasBrowser)("what the console offers to send", () => {
  const { server, visit } = openConsole();
  beforeEach(async () => {
    visitor = await visit();
  });
  afterEach(() => visitor.close());
  const offers = () => visitor.page.evaluate<Offer[]>(offered);

  test("comes back from its form as it was", async () => {
    const all = await offers();
    expect(all.length).toBeGreaterThan(80);
    for (const { contract, kind, example, read } of all)
      expect([contract, kind, read]).toEqual([contract, kind, example]);
  });

  test("is taken by the server, where a backend says it", async () => {
    const posts = (await offers()).filter(({ side }) => side === "backend");
    expect(posts.length).toBeGreaterThan(30);
    for (const { contract, kind, example } of posts) {
      const answer = await server().http("POST", `/v1/${contract}/events`, example);
      expect([contract, kind, answer.status, await answer.json()]).toEqual([
        ...[contract, kind, 200],
        { accepted: 1, ids: [expect.any(String)] },
      ]);
    }
  });

  test("is there for a contract that it was not prepared for, which it connects to by what the server says of it", async () => {
    const { page } = visitor;
    await page.route("**/asyncapi.json", async (route) => {
      const text = await (await route.fetch()).text();
      await route.fulfill({
        contentType: "application/json",
        body: text.replaceAll('"title":"discord"', '"title":"newcomer"'),
      });
    });
    await page.reload();
    await page.getByRole("combobox", { name: "Contract" }).selectOption({ label: "newcomer" });
    expect(
      await page.getByRole("combobox", { name: "Contract" }).locator("option").allTextContents(),
    ).not.toContain("discord: voice events");
    expect(await page.getByLabel("Endpoint").inputValue()).toBe("/api/ws");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await page.locator("#frames li.in", { hasText: "auth.ok" }).waitFor();
    expect(await page.getByLabel("Message", { exact: true }).locator("option").allTextContents()).toEqual([
      "auth",
    ]);
  });
});
