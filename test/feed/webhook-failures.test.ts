import { describe, expect, test } from "bun:test";
import { readFeed } from "../support/feed.ts";
import { startReceiver } from "../support/receiver.ts";
import type { TestServer } from "../support/server.ts";
import { post, put, shows, state, users, webhookStages } from "../support/webhooks.ts";

const { ends, stage } = webhookStages();

describe("a receiver that fails", () => {
  test("is sent the same again under the same id, after a pause that grows, and nothing is skipped", async () => {
    const { clock, receiver, server } = await stage();
    receiver.answer = () => new Response("no", { status: 500 });
    await put(server, { url: receiver.url, batch: 10 });
    await post(server, "u1");
    const first = await receiver.next();
    await shows(server, { attempts: 1 });
    // What comes meanwhile waits for its turn.
    await post(server, "u2");
    for (let attempt = 2; attempt <= 4; attempt++) {
      clock.advance(600_000);
      const again = await receiver.next();
      expect([again.id, again.body]).toEqual([first.id, first.body]);
      await shows(server, { attempts: attempt });
    }
    const failing = await state(server);
    expect(failing).toMatchObject({
      ...{ status: "failing", lagEvents: 2, lastError: { message: "the receiver answered 500" } },
      failingSince: expect.any(String),
    });
    expect(failing["lagSeconds"]).toBeGreaterThan(1_000);
    const metrics = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
    expect(metrics).toContain('switchboard_webhook_lag_events{webhook="xp"} 2');
    expect(metrics).toContain('switchboard_webhook_deliveries_total{webhook="xp",outcome="failed"} 4');
    expect(server.lines.join()).toContain("webhook failing");
    receiver.answer = () => new Response();
    clock.advance(600_000);
    expect((await receiver.next()).id).toBe(first.id);
    expect(users(await receiver.next())).toEqual(["u2"]);
    await shows(server, { status: "ok", lagEvents: 0 });
  });

  test("is asked again no sooner than its Retry-After says", async () => {
    const { clock, receiver, server } = await stage();
    receiver.answer = () => new Response(null, { status: 503, headers: { "retry-after": "3600" } });
    await put(server, { url: receiver.url });
    await post(server, "u1");
    await receiver.next();
    await shows(server, { attempts: 1 });
    clock.advance(3_599_000);
    await readFeed(server);
    expect(receiver.deliveries).toHaveLength(1);
    clock.advance(2_000);
    await receiver.next();
  });

  test("of which a redirect leads elsewhere has not taken it", async () => {
    const { receiver, server } = await stage();
    const other = startReceiver();
    ends(other.stop);
    receiver.answer = () => Response.redirect(other.url, 307);
    await put(server, { url: receiver.url });
    await post(server, "u1");
    await receiver.next();
    await shows(server, { lastError: { message: "the receiver answered 307" } });
    expect(other.deliveries).toEqual([]);
  });

  test("that answers too late has not taken it", async () => {
    const { receiver, server } = await stage({ env: { WEBHOOK_TIMEOUT_MS: "50" } });
    receiver.answer = () => new Promise(() => {});
    await put(server, { url: receiver.url });
    await post(server, "u1");
    await shows(server, { lastError: { message: "no answer within 50 ms" } });
  });

  test("that closes the connection has not taken it, and the operator is told in plain words", async () => {
    const { server } = await stage();
    using receiver = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { data: (socket) => void socket.end() },
    });
    await put(server, { url: `http://127.0.0.1:${receiver.port}/` });
    await post(server, "u1");
    await shows(server, { attempts: 1 });
    const { message } = (await state(server))["lastError"] as { message: string };
    expect(message).toMatch(/closed/);
    expect(message).not.toContain("fetch");
    const tested = await (await server.http("POST", "/v1/webhooks/xp/test")).json();
    expect(tested).toEqual({ delivered: false, status: null, error: message });
  });

  test("that does not answer in HTTP has not taken it, and its URL is not told on", async () => {
    const { server } = await stage();
    using receiver = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { data: (socket) => void socket.end("HTTP/1.1 nothing\r\n\r\n") },
    });
    await put(server, { url: `http://127.0.0.1:${receiver.port}/?key=of-the-receiver` });
    await post(server, "u1");
    await shows(server, { attempts: 1, lastError: { message: "Malformed_HTTP_Response" } });
    expect(server.lines.join()).toContain("webhook failing");
    expect(server.lines.join()).not.toContain("of-the-receiver");
  });

  test("and answers 410 is left alone until a person says so", async () => {
    const { clock, receiver, server } = await stage();
    receiver.answer = () => new Response(null, { status: 410 });
    await put(server, { url: receiver.url });
    await post(server, "u1");
    await receiver.next();
    await shows(server, { status: "paused" });
    clock.set(86_400_000);
    clock.advance(1_000);
    expect(receiver.deliveries).toHaveLength(1);
    receiver.answer = () => new Response();
    await put(server, { paused: false });
    expect(users(await receiver.next())).toEqual(["u1"]);
  });

  test("is passed over only when a person skips what it hangs on", async () => {
    const { receiver, server } = await stage();
    receiver.answer = ({ events }) =>
      new Response(null, { status: users({ events })[0] === "bad" ? 500 : 200 });
    await put(server, { url: receiver.url, batch: 1 });
    const early = await server.http("POST", "/v1/webhooks/xp/skip", {});
    expect(early.status).toBe(409);
    await post(server, "bad", "good");
    await receiver.next();
    await shows(server, { attempts: 1 });
    expect((await server.http("POST", "/v1/webhooks/xp/skip", {})).status).toBe(200);
    expect(users(await receiver.next())).toEqual(["good"]);
  });

  test("is not sent again what it has taken by a skip to a position that it has passed", async () => {
    const { receiver, server } = await stage();
    await put(server, { url: receiver.url, batch: 1 });
    await post(server, "u1", "u2");
    const [{ position: passed } = {}] = (await receiver.next()).events;
    await receiver.next();
    await shows(server, { lagEvents: 0 });
    const { position: reached } = await state(server);
    const skip = (to: unknown) => server.http("POST", "/v1/webhooks/xp/skip", { to });
    const refused = await skip(passed);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      errors: [{ path: "to", message: expect.stringContaining(String(reached)) }],
    });
    expect((await skip(reached)).status).toBe(200);
    await post(server, "u3");
    expect(users(await receiver.next())).toEqual(["u3"]);
  });
});

test("what retention has removed before it was taken is not skipped silently", async () => {
  const { clock, receiver, server } = await stage({ env: { HISTORY_RETENTION_DAYS: "1" } });
  await put(server, { url: receiver.url });
  await post(server, "u-1", "u0");
  await receiver.next();
  await shows(server, { lagEvents: 0 });
  receiver.answer = () => new Response(null, { status: 500, headers: { "retry-after": "86400" } });
  await post(server, "u1");
  await receiver.next();
  await shows(server, { attempts: 1 });
  clock.skip(0.9 * 86_400_000);
  clock.advance(1_000);
  await post(server, "u2");
  clock.skip(0.5 * 86_400_000);
  clock.advance(1_000);
  await put(server, { paused: false });
  // Those that were delivered do not lag, nor does what is not kept.
  await shows(server, { status: "expired", lagEvents: 1 });
  expect((await state(server))["lastError"]).toMatchObject({ message: expect.stringContaining("retention") });
  receiver.answer = () => new Response();
  expect((await server.http("POST", "/v1/webhooks/xp/skip", {})).status).toBe(200);
  expect(users(await receiver.next())).toEqual(["u2"]);
});

test("what its filter leaves out is behind it also where retention removes that before a restart", async () => {
  const { clock, receiver, server } = await stage({ env: { HISTORY_RETENTION_DAYS: "1" } });
  await put(server, { url: receiver.url, kinds: ["message"] });
  for (const user of ["u1", "u2"]) {
    await post(server, user);
    await shows(server, { lagEvents: 0 });
  }
  clock.advance(10_000);
  for (const days of [0.9, 0.5]) {
    clock.skip(days * 86_400_000);
    clock.advance(1_000);
  }
  expect((await readFeed(server)).body["events"]).toEqual([]);
  const again = await server.restart();
  ends(again.stop);
  const bob = await again.chat("bob");
  await bob.join("one");
  bob.say("message", { chatId: "one", content: "Hello" });
  expect((await receiver.next()).events).toHaveLength(1);
  await shows(again, { status: "ok", lagEvents: 0 });
});

describe("when the room of undelivered events is removed", () => {
  const postTo = async (server: TestServer, id: string, userId: string) => {
    const data = { guildId: id, channelId: null, userId };
    const event = { room: `guild:${id}`, type: "voice.left", data };
    expect((await server.http("POST", "/v1/discord/events", event)).status).toBe(200);
  };
  /** A webhook that has failed to deliver the event of u1 in guild:a, and waits for an hour. */
  const failing = async () => {
    const { receiver, server } = await stage();
    receiver.answer = () => new Response(null, { status: 500, headers: { "retry-after": "3600" } });
    await put(server, { url: receiver.url });
    await postTo(server, "a", "u1");
    await receiver.next();
    await shows(server, { attempts: 1 });
    receiver.answer = () => new Response();
    return { receiver, server };
  };

  test("later events of other rooms are delivered", async () => {
    const { receiver, server } = await failing();
    await postTo(server, "b", "u2");
    expect((await server.http("DELETE", "/v1/rooms/guild:a")).status).toBe(204);
    await put(server, { paused: false });
    expect(users(await receiver.next())).toEqual(["u2"]);
    await shows(server, { status: "ok", lagEvents: 0 });
  });

  test("and nothing else is to be delivered, the webhook fails no longer", async () => {
    const { server } = await failing();
    expect((await server.http("DELETE", "/v1/rooms/guild:a")).status).toBe(204);
    await put(server, { paused: false });
    await shows(server, { status: "ok", lagEvents: 0, attempts: 0, failingSince: null });
  });
});
