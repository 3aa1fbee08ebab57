import { afterEach, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import type { Frame } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { readFeed } from "../support/feed.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "../support/server.ts";

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

async function stage(options: TestServerOptions = {}) {
  const clock = new FakeClock();
  const receiver = startReceiver();
  const server = await startTestServer({ clock, ...options });
  ended.push(receiver.stop, server.stop);
  return { clock, receiver, server };
}
const put = async (server: TestServer, body: unknown, name = "xp") => {
  const answer = await server.http("PUT", `/v1/webhooks/${name}`, body);
  return { status: answer.status, body: (await answer.json()) as Frame };
};
const state = async (server: TestServer, name = "xp") =>
  (await (await server.http("GET", `/v1/webhooks/${name}`)).json()) as Record<string, unknown>;
const shows = (server: TestServer, wanted: object) =>
  eventually(async () => Bun.deepMatch(wanted, await state(server)));
const post = async (server: TestServer, ...userIds: string[]) => {
  const events = userIds.map((userId) => ({
    room: "guild:a",
    type: "voice.left",
    data: { guildId: "a", channelId: null, userId },
  }));
  expect((await server.http("POST", "/v1/discord/events", events)).status).toBe(200);
};
const users = ({ events }: { events: Record<string, unknown>[] }) =>
  events.map(({ data }) => (data as { userId: string }).userId);

describe("a delivery", () => {
  test("is verified by the library of the standard, and by its algorithm written by hand", async () => {
    const { receiver, server } = await stage();
    const { status, body } = await put(server, { url: receiver.url });
    expect([status, body["status"], body["secret"]]).toEqual([200, "ok", expect.stringMatching(/^whsec_/)]);
    await post(server, "u1");
    const delivery = await receiver.next();
    const verifier = new Webhook(body["secret"]);
    // The clock of this server is set a little; the library wants five minutes at most.
    const payload = verifier.verify(delivery.body, delivery.headers) as { type: string };
    expect(payload.type).toBe("events");
    const signed = `${delivery.id}.${delivery.headers["webhook-timestamp"]}.${delivery.body}`;
    const key = Buffer.from(body["secret"].slice("whsec_".length), "base64");
    const signature = `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
    expect(delivery.headers["webhook-signature"]).toBe(signature);
    expect(() => verifier.verify(`${delivery.body} `, delivery.headers)).toThrow();
  });

  test("holds what the feed says, in its order, from the beginning where that is wanted", async () => {
    const { receiver, server } = await stage();
    await post(server, "u1", "u2", "u3");
    await put(server, { url: receiver.url, from: "beginning", batch: 2 });
    const [one, other] = [await receiver.next(), await receiver.next()];
    const { body } = await readFeed(server);
    expect([...one.events, ...other.events]).toEqual(body["events"]);
    expect(users(one)).toEqual(["u1", "u2"]);
    await shows(server, { position: body["next"] });
  });

  test("holds only what its filter lets through", async () => {
    const { receiver, server } = await stage();
    await put(server, {
      url: receiver.url,
      kinds: ["voice.left"],
      rooms: ["guild:*"],
      protocols: ["discord"],
    });
    const ada = await server.chat("ada");
    await ada.join("one");
    ada.say("message", { chatId: "one", content: "Hello" });
    await ada.next("message");
    await post(server, "u1");
    expect(users(await receiver.next())).toEqual(["u1"]);
    await put(server, { kinds: ["message"], protocols: [], rooms: [] });
    ada.say("message", { chatId: "one", content: "Again" });
    expect((await receiver.next()).events[0]?.["kind"]).toBe("message");
  });

  test("is one at a time: the next waits for the answer", async () => {
    const { receiver, server } = await stage();
    const held = Promise.withResolvers<void>();
    receiver.answer = async () => {
      await held.promise;
      return new Response();
    };
    await put(server, { url: receiver.url, batch: 1 });
    await post(server, "u1", "u2");
    expect(users(await receiver.next())).toEqual(["u1"]);
    await post(server, "u3");
    expect(receiver.deliveries).toHaveLength(1);
    held.resolve();
    expect([users(await receiver.next()), users(await receiver.next())]).toEqual([["u2"], ["u3"]]);
  });
});

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
    ended.push(other.stop);
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
});

test("over a restart the same delivery comes again under the same id, and then what came meanwhile", async () => {
  const { clock, receiver, server } = await stage();
  receiver.answer = () => new Response(null, { status: 500 });
  await put(server, { url: receiver.url });
  await post(server, "u1");
  const first = await receiver.next();
  await shows(server, { attempts: 1 });
  await post(server, "u2");
  receiver.answer = () => new Response();
  clock.advance(0);
  const again = await server.restart();
  ended.push(again.stop);
  clock.advance(600_000);
  const [second, third] = [await receiver.next(), await receiver.next()];
  expect([second.id, second.body]).toEqual([first.id, first.body]);
  expect(users(third)).toEqual(["u2"]);
});

test("a new secret signs beside the one before for a day", async () => {
  const { clock, receiver, server } = await stage();
  const { body: before } = await put(server, { url: receiver.url });
  const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  expect((await put(server, { secret })).body["secret"]).toBe(secret);
  await post(server, "u1");
  const delivery = await receiver.next();
  for (const one of [before["secret"], secret]) new Webhook(one).verify(delivery.body, delivery.headers);
  clock.set(86_400_001);
  await post(server, "u2");
  const { headers } = await receiver.next();
  expect(headers["webhook-signature"]?.split(" ")).toHaveLength(1);
});

test("a paused one waits and loses nothing; test sends one request of its own", async () => {
  const { receiver, server } = await stage();
  await put(server, { url: receiver.url, paused: true });
  await post(server, "u1");
  const tested: unknown = await (await server.http("POST", "/v1/webhooks/xp/test")).json();
  expect(tested).toEqual({ delivered: true, status: 204, error: null });
  expect(JSON.parse((await receiver.next()).body)).toMatchObject({ type: "test", data: { webhook: "xp" } });
  await put(server, { paused: false });
  expect(users(await receiver.next())).toEqual(["u1"]);
});

test("GET shows every webhook without secrets; DELETE ends one", async () => {
  const { receiver, server } = await stage();
  const { body } = await put(server, { url: receiver.url });
  await put(server, { url: receiver.url, rooms: ["chat:*"] }, "other");
  const text = await (await server.http("GET", "/v1/webhooks")).text();
  expect(JSON.parse(text).webhooks.map(({ name }: { name: string }) => name)).toEqual(["xp", "other"]);
  expect(text).not.toContain(body["secret"]);
  expect((await server.http("DELETE", "/v1/webhooks/xp")).status).toBe(204);
  expect((await server.http("GET", "/v1/webhooks/xp")).status).toBe(404);
  await post(server, "u1");
  await readFeed(server);
  expect(receiver.deliveries).toEqual([]);
});

test("what retention has removed before it was taken is not skipped silently", async () => {
  const { clock, receiver, server } = await stage({ env: { HISTORY_RETENTION_DAYS: "1" } });
  receiver.answer = () => new Response(null, { status: 500, headers: { "retry-after": "86400" } });
  await put(server, { url: receiver.url });
  await post(server, "u1");
  await receiver.next();
  await shows(server, { attempts: 1 });
  clock.skip(0.9 * 86_400_000);
  clock.advance(1_000);
  await post(server, "u2");
  clock.skip(0.5 * 86_400_000);
  clock.advance(1_000);
  await put(server, { paused: false });
  await shows(server, { status: "expired" });
  expect((await state(server))["lastError"]).toMatchObject({ message: expect.stringContaining("retention") });
  receiver.answer = () => new Response();
  expect((await server.http("POST", "/v1/webhooks/xp/skip", {})).status).toBe(200);
  expect(users(await receiver.next())).toEqual(["u2"]);
});

describe("what is refused", () => {
  test.each([
    [{}, "url", /must say/],
    [{ url: "ftp://example.com" }, "url", /http or https/],
    [{ url: "https://ada:secret@example.com" }, "url", /user or a password/],
    [{ url: "https://example.com", secret: "whsec_short" }, "secret", /24 to 64/],
    [{ url: "https://example.com", batch: 101 }, "batch", /1 to 100/],
    [{ url: "https://example.com", protocols: ["nothing"] }, "protocols.0", /gurukul/],
    [{ url: "https://example.com", from: "99900000000" }, "from", /beyond the end/],
    [{ url: "https://example.com", rooms: ["nothing"] }, "rooms.0", /chat:\*/],
  ])("%p", async (body, path, message) => {
    const { server } = await stage();
    const answer = await put(server, body);
    expect(answer.status).toBe(400);
    expect(answer.body["errors"]).toEqual([{ path, message: expect.stringMatching(message) }]);
  });
});
