import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { drain, from, gift, gifts, give, post, ROOM, toStream, viewer } from "./frames.ts";

let clock: FakeClock;
let server: TestServer;
let client: TestClient;

beforeEach(async () => {
  clock = new FakeClock(Date.parse("2025-10-28T12:00:00.000Z"));
  server = await startTestServer({ clock });
  client = await viewer(server);
});
afterEach(() => server.stop());

const received = async (): Promise<Frame> => (await client.next("gift:received"))["payload"];
const shown = async () => gifts(await drain(client));
const metadata = async () => (await shown()).map((one) => one["metadata"]);

describe("what a backend leaves out", () => {
  test("is filled in: an id, a value, combo, streak, rank and time", async () => {
    const [id] = await give(server, gift({ quantity: 3 }));
    expect(await received()).toStrictEqual({
      giftId: id,
      ...gift({ quantity: 3 }),
      totalValue: 3,
      metadata: { isStreak: false, comboCount: 1, rank: 1, timestamp: "2025-10-28T12:00:00.000Z" },
    });
  });

  test("and what it says is kept as it stands", async () => {
    const said = { isStreak: true, comboCount: 9, rank: 4, timestamp: "2025-01-01T00:00:00+01:00" };
    const full = gift({ giftId: "mine", totalValue: 12.34, metadata: said });
    expect(await give(server, full)).toEqual(["mine"]);
    expect(await received()).toStrictEqual(full);
  });

  test("a type's value is what one of it was last worth in this stream", async () => {
    await give(server, gift({ quantity: 2, totalValue: 0.2 }), gift({ quantity: 3 }));
    await give(server, gift({ giftType: "rocket", quantity: 3 }));
    expect((await shown()).map(({ totalValue }) => totalValue)).toEqual([0.2, 0.3, 3]);
  });

  test("combos are of one sender and type, and end after five seconds", async () => {
    await give(server, from("u1"), from("u2"), from("u1"), from("u1", { giftType: "rocket" }));
    clock.advance(5_000);
    await give(server, from("u1"));
    clock.advance(5_001);
    await give(server, from("u1"));
    expect((await metadata()).map(({ comboCount, isStreak }) => [comboCount, isStreak])).toEqual([
      [1, false],
      [1, false],
      [2, true],
      [1, false],
      [3, true],
      [1, false],
    ]);
  });

  test("ranks are by value among the gifts of the same stream", async () => {
    const values = [10, 30, 20, 30, 5];
    await give(server, ...values.map((totalValue, n) => from(`u${n}`, { totalValue })));
    await post(server, { ...toStream("gift:received", gift({ totalValue: 1 })), room: "stream:other" });
    expect((await metadata()).map(({ rank }) => rank)).toEqual([1, 1, 2, 1, 5]);
  });
});

describe("a repeat", () => {
  test.each([
    ["of the id", {}, {}, { id: "key" }, { id: "key" }],
    ["of the giftId", { giftId: "g" }, { giftId: "g" }, {}, {}],
    ["of the giftId under other ids", { giftId: "g" }, { giftId: "g" }, { id: "one" }, { id: "two" }],
  ])("%s is accepted and shown to nobody", async (_, first, second, key, again) => {
    const events = [
      toStream("gift:received", gift(first), key),
      toStream("gift:received", gift(second), again),
    ];
    const answers: Frame[] = [];
    for (const event of events) answers.push((await (await post(server, event)).json()) as Frame);
    expect(answers.map(({ accepted }) => accepted)).toEqual([1, 1]);
    expect(answers[0]!["ids"]).toEqual([Object.values({ ...first, ...key }).at(-1)]);
    if (_ !== "of the giftId under other ids") expect(answers[1]).toEqual(answers[0]!);
    expect(await shown()).toHaveLength(1);
  });

  test("of a gift that waits is shown with it, once", async () => {
    const filler = Array.from({ length: 10 }, (_, n) => from(`filler-${n}`));
    await give(server, ...filler, gift({ giftId: "waits", quantity: 5 }));
    await give(server, gift({ giftId: "waits", quantity: 5 }), gift({ giftId: "merged", quantity: 2 }));
    await give(server, gift({ giftId: "merged", quantity: 2 }));
    await shown();
    clock.advance(1_100);
    expect((await shown()).map(({ giftId, quantity }) => [giftId, quantity])).toEqual([["waits", 7]]);
    await give(server, gift({ giftId: "waits", quantity: 5 }), gift({ giftId: "merged", quantity: 2 }));
    clock.advance(5_000);
    expect(await shown()).toEqual([]);
  });
});

describe("a post that is wrong", () => {
  test("changes nothing and is told every wrong field, by its place", async () => {
    const events = [
      toStream("gift:received", gift()),
      toStream("gift:received", gift({ quantity: 0, totalValue: -1, metadata: { rank: 0 } })),
      toStream("stream:status", { isLive: "yes", currentGoal: { type: "gifts" } }),
      toStream("stream:status", {}),
    ];
    const response = await post(server, events);
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as Frame;
    expect(errors.map(({ path }: Frame) => path).sort()).toEqual([
      "1.data.metadata.rank",
      "1.data.quantity",
      "1.data.totalValue",
      "2.data.currentGoal.description",
      "2.data.currentGoal.target",
      "2.data.isLive",
      "3.data.isLive",
    ]);
    expect(await drain(client)).toEqual([]);
  });

  test.each([["connection:ack"], ["heartbeat:ping"], ["error"], ["nonsense"]])(
    "a backend may not post %s",
    async (type) => expect((await post(server, toStream(type, {}))).status).toBe(404),
  );

  test.each([[{ user: "ada" }], [{ everyone: true }], [{ room: "chat:s1" }]])(
    "a gift is for a stream, not for %j",
    async (target) => {
      const response = await post(server, { ...target, type: "gift:received", data: gift() });
      expect(response.status).toBe(400);
      const errors = [{ path: "room", message: "must be a room of hyperfocus, stream:<id>" }];
      expect(await response.json()).toMatchObject({ errors });
    },
  );
});

test("a stream that a backend has named before anything else takes gifts", async () => {
  await server.http("PUT", "/v1/rooms/stream:named", { title: "A stream" });
  const event = { ...toStream("gift:received", gift()), room: "stream:named" };
  expect((await post(server, event)).status).toBe(200);
});

test("no recipient ever gets a tag", async () => {
  const sender = { ...gift()["sender"], username: "<img src=x onerror=alert(1)>Ada <3" };
  const animation = { ...gift()["animation"], type: "<b>particle</b>" };
  await give(server, gift({ giftType: "rose<script>alert(1)</script>", sender, animation }));
  expect(await received()).toMatchObject({
    giftType: "rose",
    sender: { username: "Ada <3" },
    animation: { type: "particle" },
  });
});

test("backends read what was shown, by number and by gift", async () => {
  const filler = Array.from({ length: 10 }, (_, n) => from(`u${n}`, { giftId: `g${n}` }));
  await give(server, ...filler, gift({ giftId: "waits" }));
  const read = async (query: string) =>
    ((await (await server.http("GET", `/v1/rooms/${ROOM}/messages${query}`)).json()) as Frame)["messages"];
  expect((await read("")).map(({ giftId }: Frame) => giftId)).toEqual(filler.map(({ giftId }) => giftId));
  expect((await read("?limit=2&before=g5")).map(({ giftId }: Frame) => giftId)).toEqual(["g3", "g4"]);
});
