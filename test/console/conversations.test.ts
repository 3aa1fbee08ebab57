import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Locator } from "playwright-core";
import { BROWSER_TEST_MS, hasBrowser } from "../support/chromium.ts";
import { openConsole, type Visit } from "./browser.ts";

let visitor: Visit;

setDefaultTimeout(BROWSER_TEST_MS * 3);

const press = (name: string | RegExp) => visitor.page.getByRole("button", { name, exact: true }).click();
/** What came or went that holds this text. */
const frame = (direction: "in" | "out" | "note", text: string): Locator =>
  visitor.page.locator(`#frames li.${direction}`, { hasText: text }).last();

async function connect(contract: string, path?: string): Promise<void> {
  const { page } = visitor;
  await page.getByRole("combobox", { name: "Contract" }).selectOption({ label: contract });
  if (path !== undefined) await page.getByLabel("Endpoint").selectOption(path);
  await press("Connect");
  await page.locator("#state.good", { hasText: contract.split(":")[0] ?? "" }).waitFor();
}

describe.skipIf(!hasBrowser)("a first conversation, by clicking, with", () => {
  const { visit } = openConsole();
  beforeEach(async () => {
    visitor = await visit();
  });
  afterEach(() => visitor.close());

  test("gurukul: who joins and speaks gets the message back, and an agent answers", async () => {
    await connect("gurukul: chats");
    await press("Join chat-1");
    await frame("in", '"title": "chat-1"').waitFor();
    await press("Say hello");
    await frame("in", '"userId": "ada"').waitFor();
    await press("Ask an agent");
    await frame("in", '"role": "assistant"').waitFor();
  });

  test("hyperfocus: a viewer sees the gift that a backend gives", async () => {
    await connect("hyperfocus: gifts");
    await press("Watch stream s1");
    await frame("in", "stream:status").waitFor();
    await press("A backend gives three roses");
    await frame("in", '"giftType": "rose"').waitFor();
  });

  test("atomic: a message is said to the chat, a metric told to a dashboard, a text written together", async () => {
    await connect("atomic: working together", "/api/chat/ws");
    await press("Say hello in context c1");
    await frame("in", '"author": "Ada"').waitFor();
    await connect("atomic: working together", "/api/analytics/ws");
    await press("Subscribe to metrics");
    await frame("in", '"metric": "performance"').waitFor();
    await press("A backend posts one");
    await frame("in", '"value": 42').waitFor();
    await connect("atomic: working together", "/api/collaboration/ws");
    await press("Join session s1");
    await frame("in", "session_joined").waitFor();
    await press("Write into a new document");
    await frame("in", "edit_ack").waitFor();
  });

  test("discord: who has authenticated sees the events of a backend", async () => {
    await connect("discord: voice events");
    await frame("in", "auth.ok").waitFor();
    await press("A backend lets Bob join a voice channel of guild 1");
    await frame("in", '"event": "voice.joined"').waitFor();
  });

  test("diet: a meal is answered, and a reward comes", async () => {
    await connect("diet: people and rewards");
    await frame("in", "auth_response").waitFor();
    await press("Log a meal");
    await frame("in", "meal.logged").filter({ hasText: '"success": true' }).waitFor();
    await press("A backend gives a reward");
    await frame("in", '"achievementName": "Early Bird"').waitFor();
  });

  test("a form: what is written there is sent, and is the same as JSON", async () => {
    const { page } = visitor;
    await connect("gurukul: chats");
    await press("Join chat-1");
    await page.getByLabel("Message", { exact: true }).selectOption("message");
    await page.getByRole("textbox", { name: "content", exact: true }).fill("From the form");
    await page.getByRole("textbox", { name: "agentId (optional)" }).fill("");
    await press("JSON");
    const written = JSON.parse(await page.getByLabel("Message as JSON").inputValue());
    expect(written).toMatchObject({ type: "message", data: { chatId: "chat-1", content: "From the form" } });
    await press("JSON");
    await press("Send");
    await frame("in", "From the form").waitFor();
  });

  test.each([
    ["gurukul: chats", "/ws", "Join chat-1", '"code": 4'],
    ["hyperfocus: gifts", "/ws", "Watch stream s1", '"code": "'],
    ["atomic: working together", "/api/chat/ws", "Say hello in context c1", '"error": "'],
    ["diet: people and rewards", "/api/diet/ws", "Log a meal", "INVALID_MESSAGE_FORMAT"],
  ])(
    "%s: every example is as the server wants it, sent from its form",
    async (contract, path, first, refusal) => {
      const { page } = visitor;
      await connect(contract, path);
      await press(first);
      const kinds = await page.locator("#client-kind option").allTextContents();
      expect(kinds.length).toBeGreaterThan(3);
      for (const kind of kinds.filter((name) => name !== "auth" && name !== "error")) {
        await page.locator("#client-kind").selectOption(kind);
        await page.locator("#client-form").getByRole("button", { name: "Send" }).click();
        await frame("out", kind).waitFor();
      }
      await press("Disconnect");
      await frame("note", "closed: 1000").waitFor();
      const refusals = await page.locator("#frames li.in", { hasText: refusal }).allTextContents();
      expect(refusals.filter((text) => !/not found|Unknown gift/.test(text))).toEqual([]);
    },
  );

  test("the backend's tab: an event made by hand, and the server's refusal of a bad one", async () => {
    const { page } = visitor;
    await connect("hyperfocus: gifts");
    await press("Watch stream s1");
    await frame("in", "stream:status").waitFor();
    await page.getByRole("tab", { name: "Backend" }).click();
    await page.getByLabel("giftType").fill("dragon");
    await press("Post");
    await frame("in", '"giftType": "dragon"').waitFor();
    await page.getByLabel("quantity").fill("none");
    const refused = page.waitForResponse((answer) => answer.url().endsWith("/events"));
    await press("Post");
    expect((await refused).status()).toBe(400);
    await page.getByRole("alert").filter({ hasText: "data.quantity" }).waitFor();
    // A browser writes each answer of 400 to its console.
    expect(visitor.faults.splice(0)).toEqual([expect.stringContaining("400")]);
  });
});
