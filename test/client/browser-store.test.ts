import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import type { StoreEvent } from "../../packages/client/src/index.ts";
import { BROWSER_TEST_MS, hasBrowser } from "../support/chromium.ts";
import { open, type Stage, startStage } from "./browser-stage.ts";

setDefaultTimeout(BROWSER_TEST_MS);

describe.skipIf(!hasBrowser)("in a browser, messages that are kept", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  });
  afterAll(() => stage.stop());

  /** A chat of this user that keeps its messages, and what it is told of them. */
  const chat = async (page: Page, userId: string, contextId: string) =>
    page.evaluateHandle(
      ({ url, token, contextId }) => {
        const { ChatWebSocketClient, indexedDbStore } = globalThis.switchboard;
        const store = indexedDbStore("chat");
        const client = new ChatWebSocketClient({ url, token, contextId, store });
        const told: StoreEvent[] = [];
        client.onStoreEvent((event) => told.push(event));
        const say = (content: string) => client.send({ type: "message", data: { content } });
        return { client, store, told, say };
      },
      { contextId, url: stage.server.url("/api/chat/ws"), token: await stage.server.token(userId) },
    );
  type Chat = Awaited<ReturnType<typeof chat>>;

  const kept = (talk: Chat) =>
    talk.evaluate(async ({ store }) => (await store.load()).map(({ data }) => data["content"]));
  /** Writes it without a connection; resolves once the store has had its chance. */
  const write = (talk: Chat, content: string) =>
    talk.evaluate(async ({ say, store }, content) => {
      say(content).catch(() => {});
      await store.load();
    }, content);

  /** What the next page of this user says. */
  async function nextPage(page: Page, userId: string, contextId: string): Promise<string[]> {
    await open(page, stage.origin);
    const talk = await chat(page, userId, contextId);
    return talk.evaluate(async ({ client }) => {
      const heard: string[] = [];
      client.subscribe("message", ({ data }) => heard.push(`${data.author}: ${data.content}`));
      await client.connect();
      while (client.unconfirmed > 0) await new Promise((resolve) => client.subscribe("message", resolve));
      await client.disconnect();
      return heard;
    });
  }

  test("by one user are not said by the next one on the same browser", async () => {
    const { page, context, faults } = await stage.visit();
    await write(await chat(page, "ada", "shared"), "from ada");
    expect(await nextPage(page, "bob", "shared")).toEqual([]);
    expect(await nextPage(page, "ada", "shared")).toEqual(["ada: from ada"]);
    expect(faults).toEqual([]);
    await context.close();
  });

  test("are kept again after the browser has cleared its storage", async () => {
    const { page, context, faults } = await stage.visit();
    const talk = await chat(page, "ada", "cleared");
    await write(talk, "one");
    expect(await kept(talk)).toEqual(["one"]);
    const devtools = await context.newCDPSession(page);
    await devtools.send("Storage.clearDataForOrigin", { origin: stage.origin, storageTypes: "indexeddb" });
    await write(talk, "two");
    expect(await kept(talk)).toEqual(["two"]);
    expect(await talk.evaluate(({ told }) => told)).toEqual([]);
    expect(await nextPage(page, "ada", "cleared")).toEqual(["ada: two"]);
    expect(faults).toEqual([]);
    await context.close();
  });

  test("hold up nobody who deletes the database", async () => {
    const { page, context, faults } = await stage.visit();
    const talk = await chat(page, "ada", "deleted");
    await write(talk, "one");
    const outcome = await page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          const asked = Reflect.get(globalThis, "indexedDB").deleteDatabase("chat");
          asked.onsuccess = () => resolve("deleted");
          asked.onblocked = () => resolve("blocked");
        }),
    );
    expect(outcome).toBe("deleted");
    await write(talk, "two");
    expect(await kept(talk)).toEqual(["two"]);
    expect(faults).toEqual([]);
    await context.close();
  });
});
