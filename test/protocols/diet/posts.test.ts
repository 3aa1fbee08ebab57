import { beforeAll, expect, test } from "bun:test";
import { catalogue } from "../../../src/protocols/diet/catalogue.ts";
import { createPosted, type EventType, events } from "../../../src/protocols/diet/schema.ts";
import type { Frame } from "../../support/client.ts";
import { type DietClient, dietClient } from "../../support/diet.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { CONTRACT } from "./contract.ts";
import { event } from "./samples.ts";
import { changed, exampleOf } from "./variants.ts";

// What backends post, one event at a time. u1 is the user of the examples.

const posted = createPosted(10_000);
const types = (Object.keys(posted) as EventType[]).filter((type) => catalogue[type].from !== "server");

const targets: Record<string, Frame> = {
  own: { user: "u1" },
  friends: { user: "u1" },
  both: { user: "u1" },
  conversation: { user: "u1" },
  group: { room: "group:g1" },
  everyone: { everyone: true },
};
const targetOf = (type: EventType): Frame => targets[catalogue[type].to] ?? {};

let u1: DietClient;
let u2: DietClient;
let stranger: DietClient;
const server = stopAfterAll(await startTestServer());
beforeAll(async () => {
  u1 = await dietClient(server, "u1", { rooms: ["group:g1"] });
  u2 = await dietClient(server, "u2", { rooms: ["group:g1"] });
  stranger = await dietClient(server, "stranger");
});

const post = (body: unknown) => server.http("POST", "/v1/diet/events", body);
const received = async (client: DietClient, type: string): Promise<Frame[]> =>
  (await client.events()).filter((frame) => frame["type"] === type);

test.each(types.filter((type) => !type.startsWith("friend.")))(
  "%s arrives at whom it is for, and at nobody else",
  async (type) => {
    const data = exampleOf(posted[type]);
    const before = (await received(u1, type)).length;
    const answer = await post({ ...targetOf(type), type, data });
    expect([answer.status, ((await answer.json()) as Frame)["accepted"]]).toEqual([200, 1]);
    expect((await received(u1, type)).slice(before)).toEqual([event(type, data)]);
    const { to } = catalogue[type];
    expect(await received(u2, type)).toHaveLength(to === "group" || to === "everyone" ? 1 : 0);
    expect(await received(stranger, type)).toHaveLength(to === "everyone" ? 1 : 0);
  },
);

test.each(["error", "rate_limit_exceeded", "reconnect"] as const)(
  "%s is the server's own to say",
  async (type) => {
    const answer = await post({ everyone: true, type, data: exampleOf(events[type]) });
    expect(answer.status).toBe(404);
    expect(await received(u1, type)).toEqual([]);
  },
);

test.each(types)("each wrong field of %s is named, and nobody gets it", async (type) => {
  const data = exampleOf(posted[type]);
  const before = (await received(u1, type)).length;
  for (const [path, { wrong }] of Object.entries(CONTRACT[type])) {
    if (wrong.length === 0) continue;
    const value = wrong.find((one) => one !== null && typeof one !== "string") ?? wrong[0];
    const bad = changed(data, path.split("."), value);
    const answer = await post({ ...targetOf(type), type, data: bad });
    const { errors } = (await answer.json()) as Frame;
    const named = errors.every((one: Frame) => `${one["path"]}.`.startsWith(`data.${path}.`));
    expect([path, answer.status, errors.length > 0 && named]).toEqual([path, 400, true]);
  }
  expect(await received(u1, type)).toHaveLength(before);
});

test("what is one user's is not posted to another", async () => {
  for (const type of types) {
    if (!["own", "friends"].includes(catalogue[type].to)) continue;
    const answer = await post({ user: "stranger", type, data: exampleOf(posted[type]) });
    expect([type, answer.status]).toEqual([type, 400]);
  }
});
