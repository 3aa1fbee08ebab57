import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { BROWSER_TEST_MS, hasBrowser } from "../support/chromium.ts";
import { API_KEY, SECRET } from "../support/server.ts";
import { openConsole } from "./browser.ts";

const PICTURES = "coverage/console";

setDefaultTimeout(BROWSER_TEST_MS * 3);

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const shown = (page: Page) => page.locator("#frames li:visible").count();

/** What is squeezed can be neither read nor pressed. In pixels. */
const narrowestField = (page: Page) =>
  page.evaluate<number>(
    "Math.min(...[...document.querySelectorAll('.editor :is(input, select, textarea)')].filter((one) => one.offsetParent).map((one) => one.offsetWidth))",
  );

/** Presses Tab until this has the focus. Every stop on the way must be seen to have it. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const wanted = page.locator(":focus").and(page.getByRole("button", { name }).or(page.getByLabel(name)));
  for (let stops = 0; stops < 60; stops++) {
    await page.keyboard.press("Tab");
    const outline = await page.evaluate<string>("getComputedStyle(document.activeElement).outlineStyle");
    expect(outline).not.toBe("none");
    if ((await wanted.count()) > 0) return;
  }
  throw new Error(`Tab does not lead to ${name}`);
}

describe.skipIf(!hasBrowser)("the console", () => {
  const { server, visit } = openConsole();

  test("is worked with the keyboard alone", async () => {
    const { page, close } = await visit();
    await page.getByRole("combobox", { name: "Contract" }).waitFor();
    await tabTo(page, "Contract");
    await page.keyboard.press("h");
    expect(await page.getByLabel("Endpoint").inputValue()).toBe("/ws");
    await tabTo(page, "Connect");
    await page.keyboard.press("Enter");
    await page.getByRole("status").filter({ hasText: "Connected: hyperfocus" }).waitFor();
    await page.locator("#steps button:focus").waitFor();
    await page.keyboard.press("Enter");
    await page.locator("#frames li.in", { hasText: "connection:ack" }).waitFor();
    await tabTo(page, "A backend gives three roses");
    await page.keyboard.press("Space");
    await page.locator("#frames li.in", { hasText: "gift:received" }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    expect(await page.locator("[role=tab]:focus").textContent()).toBe("Backend");
    await tabTo(page, "Clear");
    await page.keyboard.press("Enter");
    expect(await shown(page)).toBe(0);
    await close();
  });

  test("fits a window of 320 pixels in which something goes on, and shows itself in both themes", async () => {
    const { page, close } = await visit({ viewport: { width: 320, height: 640 } });
    const widths = () =>
      page.evaluate<[number, number]>(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
      );
    for (const contract of await page
      .getByRole("combobox", { name: "Contract" })
      .locator("option")
      .allTextContents()) {
      await page.getByRole("combobox", { name: "Contract" }).selectOption({ label: contract });
      await press(page, "Connect");
      await page.locator("#state.good").waitFor();
      for (const step of await page.locator("#steps button").all()) await step.click();
      for (const tab of ["Backend", "Client"]) {
        await page.getByRole("tab", { name: tab }).click();
        expect([contract, ...(await widths())]).toEqual([contract, 320, 320]);
        expect(await narrowestField(page)).toBeGreaterThan(100);
      }
    }
    await page.locator("#connection-list strong", { hasText: "ada" }).waitFor();
    await page.screenshot({ path: `${PICTURES}/narrow.png`, fullPage: true });
    await close();
  });

  test("is light or dark as the system is, or as its button says", async () => {
    const { page, close } = await visit({ viewport: { width: 1360, height: 900 } });
    const paper = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    await press(page, "Connect");
    await page.locator("#state.good").waitFor();
    for (const step of await page.locator("#steps button").all()) await step.click();
    await page.locator("#room-list", { hasText: "chat:chat-1" }).waitFor();
    // The same log as the server's own metrics say, with what was said in it.
    const metrics = await (await server().http("GET", "/metrics")).text();
    const [, log] = /switchboard_log_info\{log="([^"]+)"/.exec(metrics) ?? [];
    await page
      .locator("#log", { hasText: new RegExp(`^Id${log}Position[1-9]\\d*Hash[0-9a-f]{12}$`) })
      .waitFor();
    await page.emulateMedia({ colorScheme: "light" });
    const light = await paper();
    await page.screenshot({ path: `${PICTURES}/light.png`, fullPage: true });
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await paper();
    await page.screenshot({ path: `${PICTURES}/dark.png`, fullPage: true });
    expect(dark).not.toBe(light);
    await press(page, "Theme: auto");
    expect(await paper()).toBe(light);
    await press(page, "Theme: light");
    expect(await paper()).toBe(dark);
    await page.reload();
    await page.getByRole("button", { name: "Theme: dark" }).waitFor();
    await close();
  });

  test("keeps 500 frames, filters them, holds them back while paused, and clears them", async () => {
    const { page, close } = await visit();
    await page.getByRole("combobox", { name: "Contract" }).selectOption({ label: "gurukul: chats" });
    await page.getByLabel("User", { exact: true }).fill("eve");
    await press(page, "Connect");
    await press(page, "Join chat-1");
    await page.locator("#frames li.in").first().waitFor();
    const bob = await server().chat("bob");
    await bob.join("chat-1");
    for (let n = 0; n < 600; n++) bob.say("message", { chatId: "chat-1", content: `number-${n}-` });
    await page.locator("#frames li", { hasText: "number-599-" }).waitFor();
    expect(await shown(page)).toBe(500);
    await page.getByLabel("Filter").fill("NUMBER-599-");
    expect(await shown(page)).toBe(1);
    await page.getByLabel("Filter").fill("");
    await press(page, "Clear");
    await press(page, "Pause");
    bob.say("message", { chatId: "chat-1", content: "held back" });
    await page.locator("#frames-count", { hasText: "1 waiting" }).waitFor();
    expect(await shown(page)).toBe(0);
    await press(page, "Pause");
    await page.locator("#frames li", { hasText: "held back" }).waitFor();
    await close();
  });

  test("shows markup as the text that it is, and runs no script but its own", async () => {
    const { page, faults, close } = await visit();
    await press(page, "Connect");
    await page.locator("#state.good").waitFor();
    await press(page, "JSON");
    const markup = "<img src=x onerror=alert(1)>";
    await page.getByLabel("Message as JSON").fill(JSON.stringify({ type: markup }));
    await press(page, "Send");
    await page.locator("#frames .what", { hasText: markup }).waitFor();
    expect(await page.locator("#frames img").count()).toBe(0);
    expect(faults).toEqual([]);
    await page.evaluate("document.body.append(Object.assign(document.createElement('p'), { id: 'mark' }))");
    const inline = page.evaluate("document.getElementById('mark').innerHTML = '<b>markup</b>'");
    expect(inline).rejects.toThrow("TrustedHTML");
    await inline.catch(() => {});
    // That one was wanted.
    faults.length = 0;
    await close();
  });
});

describe.skipIf(!hasBrowser)("the console of a server in production", () => {
  const { server, visit } = openConsole({
    env: { NODE_ENV: "production", JWT_SECRET: SECRET, API_KEYS: API_KEY },
  });

  test("asks for an API key, shows nothing without it, makes no token, and connects with one that was brought", async () => {
    const { page, faults, close } = await visit();
    const asked: string[] = [];
    page.on("request", (request) => void asked.push(new URL(request.url()).pathname));
    await page.getByRole("textbox", { name: "API key" }).waitFor();
    expect(await page.locator("#console").isVisible()).toBe(false);
    await page.getByRole("textbox", { name: "API key" }).fill("not-the-key-of-this-server");
    await press(page, "Open");
    await page.getByRole("alert").filter({ hasText: "An API key is needed" }).waitFor();
    expect(await page.locator("#console").isVisible()).toBe(false);
    // A browser writes each answer of 401 to its console.
    expect(faults.splice(0)).toEqual([expect.stringContaining("401")]);

    await page.getByRole("textbox", { name: "API key" }).fill(API_KEY);
    await press(page, "Open");
    await page.getByLabel("Or your own token").fill(await server().token("ada"));
    await press(page, "Connect");
    await page.getByRole("status").filter({ hasText: "Connected: gurukul" }).waitFor();
    await press(page, "Join chat-1");
    await page.locator("#frames li.in", { hasText: '"title": "chat-1"' }).waitFor();
    await page.locator("#room-list", { hasText: "chat:chat-1" }).waitFor();
    expect(asked.filter((path) => path.startsWith("/dev"))).toEqual([]);
    const kept = await page.evaluate<string>(
      "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])",
    );
    expect(kept).not.toContain(API_KEY);
    await close();
  });
});
