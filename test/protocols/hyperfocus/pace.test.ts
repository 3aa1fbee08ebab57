import { afterEach, expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { drain, from, gifts, give, post, toStream, viewer } from "./frames.ts";

let server: TestServer;
afterEach(() => server.stop());

interface Shown {
  readonly at: number;
  readonly gift: Frame;
}

/** Lets time pass until this number of gifts (a merged one counts as what it holds) were shown. */
async function watch(client: TestClient, clock: FakeClock, quantity: number): Promise<Shown[]> {
  const shown: Shown[] = [];
  let seen = 0;
  while (seen < quantity) {
    for (const gift of gifts(await drain(client))) {
      shown.push({ at: clock.now(), gift });
      seen += gift["quantity"];
    }
    clock.advance(20);
  }
  return shown;
}

function expectPaced(shown: readonly Shown[], pace: number): void {
  for (const [index, { at }] of shown.entries()) {
    expect((shown[index + pace]?.at ?? Number.POSITIVE_INFINITY) - at).toBeGreaterThanOrEqual(1_000);
  }
}

const SENDERS = 30;

test("200 gifts at once arrive paced, each sender's merged, and add up", async () => {
  const clock = new FakeClock();
  server = await startTestServer({ clock });
  const client = await viewer(server);
  const all = Array.from({ length: 200 }, (_, n) =>
    from(`u${n % SENDERS}`, { giftId: `g${n}`, totalValue: n }),
  );
  await give(server, ...all);
  const shown = await watch(client, clock, 200);
  expectPaced(shown, 10);
  expect(shown.slice(0, 10).map(({ gift }) => gift["giftId"])).toEqual(
    all.slice(0, 10).map((one) => one["giftId"]),
  );
  expect(shown.at(-1)!.at - shown[0]!.at).toBeLessThan((1_100 * (SENDERS + 10)) / 10);
  for (let sender = 0; sender < SENDERS; sender++) {
    const own = shown.map(({ gift }) => gift).filter((gift) => gift["sender"].userId === `u${sender}`);
    const given = all.filter((one) => one["sender"].userId === `u${sender}`);
    const sum = (list: Frame[], field: string) => list.reduce((sum, one) => sum + one[field], 0);
    expect(sum(own, "quantity")).toBe(given.length);
    expect(sum(own, "totalValue")).toBe(sum(given, "totalValue"));
    expect(own.at(-1)!["metadata"].comboCount).toBe(given.length);
  }
  clock.advance(10_000);
  expect(gifts(await drain(client))).toEqual([]);
});

test("what comes while others wait does not overtake them", async () => {
  const clock = new FakeClock();
  server = await startTestServer({ clock, env: { MAX_GIFTS_PER_SECOND: "2" } });
  const client = await viewer(server);
  await give(server, ...["a", "b", "c", "d"].map((user) => from(user)));
  clock.jump(1_500);
  await give(server, from("e"));
  const senders = (await watch(client, clock, 5)).map(({ gift }) => gift["sender"].userId);
  expect(senders).toEqual(["a", "b", "c", "d", "e"]);
});

test("streams do not wait for each other", async () => {
  const clock = new FakeClock();
  server = await startTestServer({ clock, env: { MAX_GIFTS_PER_SECOND: "1" } });
  const [one, two] = [await viewer(server, "v"), await viewer(server, "v", { streamId: "two" })];
  await give(server, from("a"), from("b"));
  await server.http("POST", "/v1/hyperfocus/events", {
    room: "stream:two",
    type: "gift:received",
    data: from("c"),
  });
  expect(gifts(await drain(one))).toHaveLength(1);
  expect(gifts(await drain(two))).toHaveLength(1);
});

test("a stream in which ten thousand wait takes no more, and stores nothing of a post that it refuses", async () => {
  const clock = new FakeClock();
  server = await startTestServer({ clock, env: { MAX_GIFTS_PER_SECOND: "10" } });
  const client = await viewer(server);
  const lot = (n: number) => Array.from({ length: 1_000 }, (_, at) => from(`u${n}-${at}`));
  for (let n = 0; n < 10; n++) await give(server, ...lot(n));
  await give(server, ...lot(10).slice(0, 10));
  const refused = await post(server, [toStream("gift:received", from("late", { giftId: "late" }))]);
  expect(refused.status).toBe(503);
  await drain(client);
  clock.advance(1_100);
  expect(gifts(await drain(client))).toHaveLength(10);
  await give(server, from("late", { giftId: "late" }));
});

test("without a limit all are shown as they come", async () => {
  server = await startTestServer({ env: { MAX_GIFTS_PER_SECOND: "0" } });
  const client = await viewer(server);
  await give(server, ...Array.from({ length: 500 }, () => from("a")));
  expect(gifts(await drain(client)).map((gift) => gift["metadata"].comboCount)).toEqual(
    Array.from({ length: 500 }, (_, n) => n + 1),
  );
});
