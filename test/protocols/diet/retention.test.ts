import { expect, test } from "bun:test";
import { AT, dietClient } from "../../support/diet.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { readFeed } from "../../support/feed.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";

const DAY = 86_400_000;
const clock = new FakeClock();
const server = stopAfterAll(await startTestServer({ clock, env: { HISTORY_RETENTION_DAYS: "1" } }));
const post = async (...posts: object[]) =>
  expect((await server.http("POST", "/v1/diet/events", posts)).status).toBe(200);
const direct = (fromUserId: string, toUserId: string, messageId: string) => ({
  user: toUserId,
  type: "direct.message",
  data: { messageId, fromUserId, toUserId, content: "hello", timestamp: AT, isRead: false },
});
const requestOf = (fromUserId: string, toUserId: string) => ({
  ...{ requestId: `${fromUserId}-${toUserId}`, fromUserId, fromUserName: fromUserId, toUserId, sentAt: AT },
});

test("what retention removes is not pending any more: it takes no place, and can be asked again", async () => {
  const old = Array.from({ length: 1_000 }, (_, n) => direct("mia", "noah", `old-${n}`));
  await post(...old);
  await post(...old.map((one) => ({ ...one, data: { ...one.data, messageId: `${one.data.messageId}-2` } })));
  const eve = await dietClient(server, "eve");
  expect((await eve.ask("friend.request", requestOf("eve", "noah")))["success"]).toBe(true);
  const mia = await dietClient(server, "mia");
  expect((await mia.direct("noah", "one too many"))["error"]?.code).toBe("SERVICE_UNAVAILABLE");

  clock.skip(0.9 * DAY);
  clock.advance(1_000);
  await post(direct("zoe", "noah", "young"));
  clock.skip(0.5 * DAY);
  // Each step is a turn of the log.
  await eventually(async () => {
    clock.advance(50);
    const { body } = await readFeed(server, "?limit=1");
    const [first] = body["events"];
    return first.data.fromUserId === "zoe";
  });

  const [again, asking, noah] = await Promise.all(
    ["mia", "eve", "noah"].map((user) => dietClient(server, user)),
  );
  expect((await again!.direct("noah", "now"))["success"]).toBe(true);
  await noah!.client.next(({ data }) => data?.content === "now");
  const pending = noah!.client.frames.filter(({ type }) => type === "direct.message");
  expect(pending.map(({ data }) => data.fromUserId)).toEqual(["zoe", "mia"]);
  expect((await asking!.ask("friend.request", requestOf("eve", "noah")))["success"]).toBe(true);
  await noah!.client.next("friend.request");
  const accepted = {
    friendshipId: "f-1",
    userId: "noah",
    friendId: "eve",
    friendName: "Eve",
    acceptedAt: AT,
  };
  expect((await noah!.ask("friend.accepted", accepted))["success"]).toBe(true);
}, 60_000);
