import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  createMessages,
  type EventType,
  events,
  type MessageType,
} from "../../../src/protocols/diet/schema.ts";
import type { Frame } from "../../support/client.ts";
import { AT, type DietClient, dietClient, message } from "../../support/diet.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { event, succeeded } from "./samples.ts";
import { exampleOf } from "./variants.ts";

// u1 is the user of the examples; u2 is a friend and in the group too, `other` is neither.

const messages = createMessages(10_000);
const IN_GROUP = { rooms: ["group:g1"] };

interface People {
  readonly u1: DietClient;
  readonly own: DietClient;
  readonly friend: DietClient;
  readonly other: DietClient;
}

let server: TestServer;
let people: People;
/** What happens before the example makes sense. */
const before: Partial<Record<EventType, (people: People) => Promise<unknown>>> = {
  "message.read": ({ friend }) => friend.direct("u1", "Hello", "message-2"),
  "notification.read": () => post("notification", exampleOf(events.notification), { user: "u1" }),
};

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

async function post(type: string, data: unknown, target: Frame): Promise<void> {
  const answer = await server.http("POST", "/v1/diet/events", { ...target, type, data });
  expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ accepted: 1 })]);
}

async function enter(areFriends: boolean): Promise<People> {
  const u1 = await dietClient(server, "u1", IN_GROUP);
  const friend = await dietClient(server, "u2", IN_GROUP);
  if (areFriends) await u1.befriend(friend);
  return {
    ...{ u1, friend },
    own: await dietClient(server, "u1", IN_GROUP),
    other: await dietClient(server, "other"),
  };
}

/** How many frames each had before. */
type Seen = ReadonlyMap<DietClient, number>;

/** The events of this type that each has got. */
async function heard(type: string, seen: Seen): Promise<Record<keyof People, Frame[]>> {
  const of = async (one: DietClient) => {
    await one.events();
    const since = one.client.frames.slice(seen.get(one));
    return since.filter((frame) => frame["type"] === type && !("success" in frame));
  };
  const { u1, own, friend, other } = people;
  return { u1: await of(u1), own: await of(own), friend: await of(friend), other: await of(other) };
}

/** Who hears of a message of u1's besides u1's connection, which is answered. */
const HEARERS: Record<MessageType, readonly (keyof People)[]> = {
  "user.activity": ["own", "friend"],
  "user.presence": ["own", "friend"],
  "task.started": ["own"],
  "task.progress": ["own"],
  "meal.logged": ["own"],
  "water.intake": ["own"],
  "friend.request": ["own", "friend"],
  "friend.accepted": ["own", "friend"],
  "post.created": ["own", "friend"],
  "post.liked": ["own", "friend"],
  "ai.coach.message": ["own"],
  "direct.message": ["own", "friend"],
  "message.read": ["own", "friend"],
  "typing.indicator": ["friend"],
  "group.message": ["own", "friend"],
  "group.member.joined": ["own", "friend"],
  "group.member.left": ["own", "friend"],
  "notification.read": ["own"],
};

describe("what clients send", () => {
  const types = Object.keys(HEARERS) as MessageType[];
  test("is all that the contract lets them send", () => {
    expect(types.sort()).toEqual((Object.keys(messages) as MessageType[]).sort());
  });

  test.each(types)("%s is answered, and heard by those whom it concerns", async (type) => {
    await server.stop();
    server = await startTestServer();
    people = await enter(!type.startsWith("friend."));
    if (type === "friend.accepted") {
      const asking = { requestId: "r", fromUserId: "u2", fromUserName: "Noah", toUserId: "u1", sentAt: AT };
      await people.friend.ask("friend.request", asking);
    }
    await before[type]?.(people);
    for (const one of Object.values(people)) await one.events();
    const seen = new Map(Object.values(people).map((one) => [one, one.client.frames.length]));
    const data = exampleOf(messages[type]);
    const metadata = { userId: "u1", sessionId: "phone", requestId: "request-7", correlationId: "seven" };
    const frame = message(type, data as Frame, { metadata });
    const answer = await people.u1.askFrame(frame);
    expect(answer).toEqual(succeeded(frame, data));
    if (type === "ai.coach.message") await people.own.event(type);

    const expected = (who: keyof People) => (HEARERS[type].includes(who) ? [event(type, data)] : []);
    if (type === "ai.coach.message") {
      const fromCoach = event(type, expect.objectContaining({ isFromAI: true, conversationId: "coach-u1" }));
      await people.u1.event(type);
      expect(await heard(type, seen)).toEqual({
        ...{ u1: [fromCoach], own: [event(type, data), fromCoach] },
        ...{ friend: [], other: [] },
      });
    } else {
      expect(await heard(type, seen)).toEqual({
        ...{ u1: [], own: expected("own") },
        ...{ friend: expected("friend"), other: [] },
      });
    }
  });
});
