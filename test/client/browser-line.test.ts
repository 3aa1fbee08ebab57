import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { BrowserContext, Page } from "playwright-core";
import { BROWSER_TEST_MS, hasBrowser } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { startRelay } from "../support/relay.ts";
import { open, type Stage, startStage } from "./browser-stage.ts";

setDefaultTimeout(BROWSER_TEST_MS);

describe.skipIf(!hasBrowser)("in a browser, on a line that is lost and found", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  });
  afterAll(() => stage.stop());

  /** A chat of this page and what it is told; `store` keeps its messages in IndexedDB. */
  const chat = async (page: Page, contextId: string, port = stage.server.port, store = "") =>
    page.evaluateHandle(
      ({ contextId, url, token, store }) => {
        const { ChatWebSocketClient, indexedDbStore } = globalThis.switchboard;
        const client = new ChatWebSocketClient({
          ...{ url, token, contextId, rate: { messagesPerMinute: 0 } },
          reconnect: { baseDelay: 1, maxBackoff: 50 },
          ...(store !== "" && { store: indexedDbStore(store) }),
        });
        const [heard, states]: [string[], string[]] = [[], []];
        client.subscribe("message", ({ data }) => heard.push(data.content));
        client.onConnectionEvent(({ type }) => states.push(type));
        const say = (content: string) => client.send({ type: "message", data: { content } });
        return { client, heard, states, say };
      },
      { contextId, url: `ws://127.0.0.1:${port}/api/chat/ws`, token: await stage.server.token("ada"), store },
    );

  /**
   * As a service worker would: the application is there without a network. Such a page is not known to be of this
   * machine, and needs the permission to reach it.
   */
  async function serveOffline(context: BrowserContext): Promise<void> {
    await context.grantPermissions(["local-network-access"]);
    await context.route(`${stage.origin}/**`, async (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === "/") await route.fulfill({ body: await (await fetch(stage.origin)).text() });
      else await route.fulfill({ path: stage.directory + pathname });
    });
  }

  /** What the context has stored, oldest first. */
  async function stored(contextId: string): Promise<string[]> {
    const { page, context } = await stage.visit();
    const reader = await chat(page, contextId);
    const contents = await reader.evaluate(async ({ client }) => {
      await client.connect();
      const { data } = await client.send({ type: "history", data: { limit: 100 } });
      await client.disconnect();
      return data.messages.map(({ content }) => content);
    });
    await context.close();
    return contents;
  }

  test("however often the line is cut, each message arrives once and in order", async () => {
    const relay = await startRelay(stage.server.port);
    const { page, context, faults } = await stage.visit();
    const talk = await chat(page, "cut", relay.port);
    const all = Array.from({ length: 60 }, (_, n) => `message ${n}`);
    await talk.evaluate(({ client }) => client.connect());
    const said = talk.evaluate(async ({ say }, all) => {
      await Promise.all(all.map(say));
    }, all);
    for (let cuts = 1; cuts <= 5; cuts++) {
      await page.waitForFunction(({ talk, least }) => talk.heard.length >= least, { talk, least: cuts * 10 });
      relay.breakOff();
    }
    await said;
    await page.waitForFunction(({ heard }) => heard.length >= 60, talk);
    expect(await talk.evaluate(({ heard }) => heard)).toEqual(all);
    expect(await talk.evaluate(({ states }) => states.includes("reconnecting"))).toBe(true);
    await talk.evaluate(({ client }) => client.disconnect());
    expect(await stored("cut")).toEqual(all);
    // The browser itself tells of attempts that were cut, and no page can keep it from that.
    expect(faults.filter((fault) => !/^WebSocket connection to .* failed/.test(fault))).toEqual([]);
    await context.close();
    relay.stop();
  });

  test("a browser that is offline in the midst of a conversation of 500 messages has all of them afterwards, once and in order", async () => {
    const { page, context, faults } = await stage.visit();
    const talk = await chat(page, "long");
    const all = Array.from({ length: 500 }, (_, n) => `message ${n}`);
    const post = async (from: number, to: number) => {
      const events = all.slice(from, to).map((content) => ({
        ...{ room: "context:long", type: "message" },
        data: { content, author: "Bob", authorId: "bob", messageType: "text" },
      }));
      expect((await stage.server.http("POST", "/v1/atomic/events", events)).status).toBe(200);
    };
    const has = (count: number) =>
      page.waitForFunction(({ talk, count }) => talk.heard.length >= count, { talk, count });
    await talk.evaluate(({ client }) => client.connect());
    await post(0, 150);
    await has(100);
    await context.setOffline(true);
    for (let at = 150; at < 400; at += 50) await post(at, at + 50);
    await page.waitForFunction(({ client }) => client.getConnectionState() === "connecting", talk);
    await context.setOffline(false);
    await post(400, 500);
    await has(500);
    expect(await talk.evaluate(({ heard }) => heard)).toEqual(all);
    expect(await talk.evaluate(({ states }) => states)).toContain("resumed");
    await talk.evaluate(({ client }) => client.disconnect());
    expect(faults).toEqual([]);
    await context.close();
  });

  test("what was typed into a document offline outlives the page", async () => {
    const { page, context, faults } = await stage.visit();
    await serveOffline(context);
    const url = stage.server.url("/api/collaboration/ws");
    const token = await stage.server.token("ada");
    const load = async () =>
      page.evaluateHandle(
        ({ url, token }) => {
          const { CollaborationWebSocketClient, indexedDbStore } = globalThis.switchboard;
          const store = indexedDbStore("document");
          const client = new CollaborationWebSocketClient({ url, token, store });
          void client.connect().catch(() => {});
          return { client, joining: client.join("draft") };
        },
        { url, token },
      );
    const before = await load();
    await before.evaluate(async ({ joining }) => {
      const text = await joining;
      text.edit(0, 0, "Hello");
      await text.settled();
    });
    await context.setOffline(true);
    await page.waitForFunction(({ client }) => client.getConnectionState() === "connecting", before);
    await before.evaluate(async ({ joining }) => (await joining).edit(5, 0, ", world"));
    const kept = (owner: string) =>
      page.evaluate(async (owner) => {
        const drafts = await globalThis.switchboard.indexedDbStore("document").loadDrafts?.(owner);
        return JSON.stringify(drafts);
      }, owner);
    const owner = JSON.stringify(["atomic/collaboration", url, "ada", ""]);
    await eventually(async () => (await kept(owner))?.includes(", world") ?? false);

    await open(page, stage.origin);
    const after = await load();
    await context.setOffline(false);
    const text = await after.evaluate(async ({ joining }) => {
      const text = await joining;
      await text.settled();
      return text.text;
    });
    expect(text).toBe("Hello, world");
    await eventually(async () => (await kept(owner)) === "[]");
    await after.evaluate(({ client }) => client.disconnect());
    expect(faults).toEqual([]);
    await context.close();
  });

  test("while the browser is offline messages wait, and go in order when it is online again", async () => {
    const { page, context, faults } = await stage.visit();
    const talk = await chat(page, "offline");
    await talk.evaluate(({ client }) => client.connect());
    await context.setOffline(true);
    await page.waitForFunction(({ client }) => client.getConnectionState() === "connecting", talk);
    const said = talk.evaluate(({ say }) => Promise.all(["one", "two", "three"].map(say)).then(() => {}));
    await page.waitForFunction(({ client }) => client.unconfirmed === 3, talk);
    expect(await talk.evaluate(({ states }) => states)).toEqual(["connected", "disconnected"]);
    await context.setOffline(false);
    await said;
    expect(await talk.evaluate(({ heard }) => heard)).toEqual(["one", "two", "three"]);
    await talk.evaluate(({ client }) => client.disconnect());
    expect(faults).toEqual([]);
    await context.close();
  });

  test("what was written offline outlives the page, and is said once when the next one is online", async () => {
    const { page, context, faults } = await stage.visit();
    await serveOffline(context);
    const before = await chat(page, "kept", stage.server.port, "kept");
    await before.evaluate(({ client }) => client.connect());
    await context.setOffline(true);
    await page.waitForFunction(({ client }) => client.getConnectionState() === "connecting", before);
    const messages = () =>
      page.evaluate(async () => (await globalThis.switchboard.indexedDbStore("kept").load()).length);
    await before.evaluate(({ say }) => {
      for (const content of ["one", "two", "three"]) void say(content);
    });
    await eventually(async () => (await messages()) === 3);

    await open(page, stage.origin);
    const after = await chat(page, "kept", stage.server.port, "kept");
    await after.evaluate(({ client, say }) => {
      void say("four");
      void client.connect();
    });
    await eventually(async () => (await messages()) === 4);
    // Nothing is tried that cannot go well.
    expect(await after.evaluate(({ states }) => states)).toEqual([]);
    await context.setOffline(false);
    await page.waitForFunction(({ client }) => client.unconfirmed === 0, after);
    expect(await after.evaluate(({ heard }) => heard)).toEqual(["one", "two", "three", "four"]);
    expect(await stored("kept")).toEqual(["one", "two", "three", "four"]);
    await eventually(async () => (await messages()) === 0);
    expect(faults).toEqual([]);
    await context.close();
  });
});
