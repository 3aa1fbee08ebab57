import { describe, expect, test } from "bun:test";
import { readFeed } from "../support/feed.ts";
import { post, put, state, users, webhookStages } from "../support/webhooks.ts";

const { ends, stage } = webhookStages();

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

test("lagSeconds is the age of the oldest event that waits, also while it is paused and after a restart", async () => {
  const { clock, receiver, server } = await stage();
  await put(server, { url: receiver.url, paused: true });
  expect(await state(server)).toMatchObject({ lagEvents: 0, lagSeconds: 0 });
  await post(server, "u1");
  clock.set(3_600_000);
  await post(server, "u2");
  expect(await state(server)).toMatchObject({ lagEvents: 2, lagSeconds: 3_600 });
  const again = await server.restart();
  ends(again.stop);
  expect(await state(again)).toMatchObject({ status: "paused", lagEvents: 2, lagSeconds: 3_600 });
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
