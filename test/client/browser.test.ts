import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { BROWSER_TEST_MS, hasBrowser } from "../support/chromium.ts";
import { type Stage, startStage } from "./browser-stage.ts";

setDefaultTimeout(BROWSER_TEST_MS);

describe.skipIf(!hasBrowser)("in a browser, from another origin than the server's", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  });
  afterAll(() => stage.stop());

  const tokens = async () => ({ ada: await stage.server.token("ada"), bob: await stage.server.token("bob") });
  const post = (path: string, body: object) => stage.server.http("POST", path, body);

  test("a chat with others and with agents has its first conversation", async () => {
    const { page, context, faults } = await stage.visit();
    const heard = await page.evaluate(
      async ({ url, ada, bob }) => {
        const { GurukulClient } = globalThis.switchboard;
        const [one, other] = [ada, bob].map((token) => new GurukulClient({ url, token }));
        if (!one || !other) throw new Error("no clients");
        await Promise.all([one.connect(), other.connect()]);
        await other.join("c");
        const said = new Promise<string>((resolve) =>
          other.subscribe("message", ({ data }) =>
            resolve(`${data.message.userId}: ${data.message.content}`),
          ),
        );
        const { data } = await one.send({ type: "message", data: { chatId: "c", content: "Grüße 👋" } });
        const read = await other.send({
          type: "read_receipt",
          data: { chatId: "c", messageIds: [data.message.id] },
        });
        const isRead = read.data.messageIds[0] === data.message.id;
        await Promise.all([one.disconnect(), other.disconnect()]);
        return [await said, isRead, one.getConnectionState()];
      },
      { url: stage.server.url("/ws"), ...(await tokens()) },
    );
    expect(heard).toEqual(["ada: Grüße 👋", true, "disconnected"]);
    expect(faults).toEqual([]);
    await context.close();
  });

  test("the testing kit and the validator work there too", async () => {
    const { page, context, faults } = await stage.visit();
    const found = await page.evaluate(async () => {
      const [kit, validate] = ["/testing/index.js", "/validate/index.js"];
      const { WebSocketTestHelper } = await import(kit);
      const { MessageValidator } = await import(validate);
      const mock = new WebSocketTestHelper();
      mock.createMockConnection().send({ type: "hello", data: { to: "ada" } });
      mock.assertMessageSent("hello", { to: "ada" });
      let missed = "";
      try {
        mock.assertMessageSent("hello", { to: "bob" });
      } catch (error) {
        missed = String(error);
      }
      const data = { userId: "u1", isTyping: "yes", conversationId: "g1" };
      const message = { id: "1", type: "typing.indicator", timestamp: "2026-03-02T08:30:00Z", data };
      const { isValid, errors } = new MessageValidator().validate(message);
      return { missed: missed !== "", isValid, fields: errors.map(({ field }: { field: string }) => field) };
    });
    expect(found).toEqual({ missed: true, isValid: false, fields: ["data.isTyping"] });
    expect(faults).toEqual([]);
    await context.close();
  });

  test("a context's chat has its first conversation, and its history", async () => {
    const { page, context, faults } = await stage.visit();
    const heard = await page.evaluate(
      async ({ url, ada }) => {
        const chat = new globalThis.switchboard.ChatWebSocketClient({
          ...{ url, contextId: "first" },
          token: async () => ada,
        });
        const said: string[] = [];
        chat.subscribe("message", ({ data }) => said.push(`${data.author}: ${data.content}`));
        await chat.connect();
        for (const content of ["one", "two"]) await chat.send({ type: "message", data: { content } });
        const { data } = await chat.send({ type: "history", data: { limit: 50 } });
        await chat.disconnect();
        return { said, told: data.messages.map(({ content }) => content) };
      },
      { url: stage.server.url("/api/chat/ws"), ...(await tokens()) },
    );
    expect(heard).toEqual({ said: ["ada: one", "ada: two"], told: ["one", "two"] });
    expect(faults).toEqual([]);
    await context.close();
  });

  test("analytics tell a value as it stands and when it changes", async () => {
    const { page, context, faults } = await stage.visit();
    const analytics = await page.evaluateHandle(
      async ({ url, ada }) => {
        const client = new globalThis.switchboard.AnalyticsWebSocketClient({
          ...{ url, token: ada, contextId: "live" },
        });
        const values: unknown[] = [];
        client.subscribe("metric_update", ({ data }) => values.push(data.value));
        await client.connect();
        await client.send({ type: "subscribe", data: { metrics: ["performance"] } });
        return { client, values };
      },
      { url: stage.server.url("/api/analytics/ws"), ...(await tokens()) },
    );
    await post("/v1/atomic/events", {
      ...{ room: "context:live", type: "metric_update", data: { metric: "performance", value: 0.87 } },
    });
    await page.waitForFunction(({ values }) => values.length === 2, analytics);
    expect(await analytics.evaluate(({ values }) => values)).toEqual([null, 0.87]);
    await analytics.evaluate(({ client }) => client.disconnect());
    expect(faults).toEqual([]);
    await context.close();
  });

  test("a host and a viewer of a stream show a gift", async () => {
    const { page, context, faults } = await stage.visit();
    const gifts = await page.evaluateHandle(
      async ({ url, ada }) => {
        const { GiftHostClient, GiftViewerClient } = globalThis.switchboard;
        const own = { url, streamId: "s1", capabilities: ["webgl"] };
        const clients = {
          host: new GiftHostClient({ ...own, token: ada }),
          viewer: new GiftViewerClient(own),
        };
        const shown: string[] = [];
        for (const [who, client] of Object.entries(clients)) {
          client.show(({ giftType, quantity }) => void shown.push(`${who}: ${quantity} ${giftType}`));
          await client.connect();
        }
        return { ...clients, shown };
      },
      { url: stage.server.url("/ws"), ...(await tokens()) },
    );
    await post("/v1/hyperfocus/events", {
      ...{ room: "stream:s1", type: "gift:received" },
      data: {
        ...{ giftType: "rose", quantity: 3 },
        sender: { userId: "u1", username: "Ada", avatar: "", isSubscriber: true, isModerator: false },
        animation: { type: "particle", duration: 3_000, assetUrl: "", soundUrl: "" },
      },
    });
    await page.waitForFunction(({ shown }) => shown.length === 2, gifts);
    expect((await gifts.evaluate(({ shown }) => shown)).sort()).toEqual(["host: 3 rose", "viewer: 3 rose"]);
    await gifts.evaluate(({ host, viewer }) => Promise.all([host.disconnect(), viewer.disconnect()]));
    expect(faults).toEqual([]);
    await context.close();
  });

  test("a guild's viewer hears who is in its voice channel", async () => {
    const { page, context, faults } = await stage.visit();
    const voice = await page.evaluateHandle(
      async ({ url, ada }) => {
        const client = new globalThis.switchboard.VoiceChannelClient({ url, token: ada });
        const joined: string[] = [];
        client.subscribe("voice.joined", ({ payload }) => joined.push(payload.username));
        await client.connect();
        return { client, joined };
      },
      { url: stage.server.url("/api/ws"), ...(await tokens()) },
    );
    await post("/v1/discord/events", {
      ...{ room: "guild:1", type: "voice.joined" },
      data: { guildId: "1", channelId: "2", userId: "3", username: "Ada", avatar: null },
    });
    await page.waitForFunction(({ joined }) => joined.length > 0, voice);
    expect(await voice.evaluate(({ joined }) => joined)).toEqual(["Ada"]);
    await voice.evaluate(({ client }) => client.disconnect());
    expect(faults).toEqual([]);
    await context.close();
  });

  test("a diet app's direct message is sealed and opened by the browser's own cryptography", async () => {
    const { page, context, faults } = await stage.visit();
    const wire: string[] = [];
    page.on("websocket", (socket) => {
      socket.on("framesent", ({ payload }) => void wire.push(String(payload)));
      socket.on("framereceived", ({ payload }) => void wire.push(String(payload)));
    });
    const heard = await page.evaluate(
      async ({ url, ada, bob }) => {
        const { DietCipher, DietWebSocketClient } = globalThis.switchboard;
        const [one, other] = [ada, bob].map(
          (token) => new DietWebSocketClient({ url, token, encryption: DietCipher.init }),
        );
        if (!one || !other) throw new Error("no clients");
        const said = new Promise<string>((resolve) =>
          other.subscribe("direct.message", ({ data }) => resolve(data.content)),
        );
        await Promise.all([one.connect(), other.connect()]);
        const [timestamp, messageId] = [new Date().toISOString(), "m1"];
        const who = { fromUserId: "ada", toUserId: "bob" };
        const { success } = await one.send({
          type: "direct.message",
          data: { ...who, messageId, content: "porridge 🥣", timestamp, isRead: false },
        });
        const content = await said;
        await Promise.all([one.disconnect(), other.disconnect()]);
        return { success, content };
      },
      { url: stage.server.url("/api/diet/ws"), ...(await tokens()) },
    );
    expect(heard).toEqual({ success: true, content: "porridge 🥣" });
    expect(wire.filter((frame) => frame.includes("encryptedData")).length).toBeGreaterThanOrEqual(3);
    expect(wire.join()).not.toContain("porridge");
    expect(faults).toEqual([]);
    await context.close();
  });

  test("a page whose origin is not listed is not let in, and the client says that it gave up", async () => {
    const { page, context, faults } = await stage.visit(stage.foreign);
    const failed = await page.evaluate(
      ({ url, ada }) => {
        const { ChatWebSocketClient, ConnectionFailed } = globalThis.switchboard;
        const chat = new ChatWebSocketClient({
          url,
          token: ada,
          reconnect: { maxAttempts: 2, baseDelay: 1 },
        });
        return chat.connect().then(
          () => "let in",
          (error) => error instanceof ConnectionFailed && chat.getConnectionState(),
        );
      },
      { url: stage.server.url("/api/chat/ws"), ...(await tokens()) },
    );
    expect(failed).toBe("error");
    expect(faults.join()).toContain("403");
    await context.close();
  });
});
