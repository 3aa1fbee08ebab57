import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { BROWSER_TEST_MS, hasBrowser } from "../support/chromium.ts";
import { openConsole } from "./browser.ts";

setDefaultTimeout(BROWSER_TEST_MS * 3);

describe.skipIf(!hasBrowser)("the console resumes a line that was cut for ten seconds", () => {
  const { server, visit } = openConsole();

  test("and shows the offset of each frame, the verdict, and how many events were caught up", async () => {
    const { page, close } = await visit();
    await page.clock.install();
    await page.reload();
    const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
    const frames = (kind: string, text: string) => page.locator(`#frames li.${kind}`, { hasText: text });
    await page.getByLabel("Resume", { exact: true }).check();
    await press("Connect");
    await press("Join chat-1");
    await frames("in", '"title": "chat-1"').waitFor();
    // The place is told at the join, before the first event.
    await page.locator("#resume-list li", { hasText: /^chat:chat-1@0$/ }).waitFor();
    await press("Say hello");
    await page.locator("#frames .offset", { hasText: "chat:chat-1 @1" }).first().waitFor();

    const bob = await server().chat("bob");
    await bob.join("chat-1");
    async function cutWhile(work: () => Promise<unknown>): Promise<void> {
      await press("Cut for 10 s");
      await frames("note", "the line is cut").last().waitFor();
      await page.getByRole("status").filter({ hasText: "connects again in" }).waitFor();
      await work();
      await press("Clear");
      await page.clock.runFor(11_000);
      await page.getByRole("status").filter({ hasText: "Connected: gurukul" }).waitFor();
    }
    const say = async (content: string) => {
      bob.say("message", { chatId: "chat-1", content });
      await bob.next("message");
    };

    await cutWhile(async () => {
      for (const content of ["one", "two", "three"]) await say(content);
    });
    await frames("whole", "what was missed after offset 1 follows, up to 4").waitFor();
    await page.locator("#resume-list li", { hasText: "chat:chat-1@4complete, 3 events caught up" }).waitFor();
    await frames("in", "chat:chat-1 @4").waitFor();
    const told = await page.locator("#frames li.in .offset").allTextContents();
    expect(told).toEqual(["chat:chat-1 @2", "chat:chat-1 @3", "chat:chat-1 @4"]);

    await cutWhile(async () => {
      expect((await server().http("DELETE", "/v1/rooms/chat:chat-1")).status).toBe(204);
    });
    await frames("lost", "chat:chat-1 is incomplete: it was removed").waitFor();
    await page.locator("#resume-list .bad", { hasText: "incomplete (removed)" }).waitFor();
    await close();
  });
});
