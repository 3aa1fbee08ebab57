import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { readFeed } from "../support/feed.ts";
import { post, put, shows, users, webhookStages } from "../support/webhooks.ts";

const { ends, stage } = webhookStages();

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

  test("moves the position also over what came with its events and was left out", async () => {
    const { receiver, server } = await stage();
    await put(server, { url: receiver.url, rooms: ["guild:b"] });
    const events = ["b", "a"].map((guildId) => ({
      ...{ room: `guild:${guildId}`, type: "voice.left" },
      data: { guildId, channelId: null, userId: "u" },
    }));
    expect((await server.http("POST", "/v1/discord/events", events)).status).toBe(200);
    expect((await receiver.next()).events).toHaveLength(1);
    const { next } = (await readFeed(server, "?after=end")).body;
    await shows(server, { lagEvents: 0, lagSeconds: 0, position: next });
  });

  test("can hold one user's inbox alone, as in the feed", async () => {
    const { receiver, server } = await stage();
    expect((await put(server, { url: receiver.url, rooms: ["diet-user:mia"] })).status).toBe(200);
    for (const user of ["ned", "mia"]) {
      const meal = { mealId: "m1", userId: user, mealType: "lunch", mealName: "Soup", calories: 200 };
      const data = { ...meal, loggedAt: "2026-03-02T07:45:00.000Z" };
      const answer = await server.http("POST", "/v1/diet/events", { user, type: "meal.logged", data });
      expect(answer.status).toBe(200);
    }
    const { events } = await receiver.next();
    expect(events.map(({ room }) => room)).toEqual(["diet-user:mia"]);
  });

  test("is taken with a 2xx answer, in whatever encoding the answer claims to be", async () => {
    const { receiver, server } = await stage();
    receiver.answer = () => new Response("no gzip", { headers: { "content-encoding": "gzip" } });
    await put(server, { url: receiver.url });
    await post(server, "u1");
    await receiver.next();
    await shows(server, { lagEvents: 0, lastError: null });
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
  ends(again.stop);
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

test("secrets that are replaced one after the other sign too, each for its own day", async () => {
  const { clock, receiver, server } = await stage();
  const { body: before } = await put(server, { url: receiver.url });
  const [one, two, three] = [7, 8, 9].map((byte) => `whsec_${Buffer.alloc(32, byte).toString("base64")}`);
  await put(server, { secret: one });
  await put(server, { secret: two });
  const delivery = async (userId: string) => {
    await post(server, userId);
    return await receiver.next();
  };
  const { body, headers } = await delivery("u1");
  for (const secret of [before["secret"], one, two]) new Webhook(secret).verify(body, headers);
  clock.set(43_200_000);
  await put(server, { secret: three });
  clock.set(43_200_001);
  expect((await delivery("u2")).headers["webhook-signature"]?.split(" ")).toHaveLength(2);
});
