import { expect, test } from "bun:test";
import { JetStreamApiError, type JetStreamClient } from "@nats-io/jetstream";
import type { Refusal } from "../../src/core/protocol/refusal.ts";
import { Appender } from "../../src/log/appender.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** An appender whose servers answer these one after the other: an error, or that the batch is stored. */
function appending(answers: (Error | "stored")[], barrier: (appender: Appender) => void = () => {}) {
  const clock = new FakeClock(0);
  const published: string[] = [];
  const refusals: Refusal[] = [];
  const acknowledged: number[] = [];
  const client = {
    async publish(_: string, payload: Uint8Array, { msgID }: { msgID: string }) {
      published.push(msgID);
      expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({ v: 3, id: msgID, node: "n" });
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return { seq: 7 };
    },
  } as unknown as JetStreamClient;
  const appender: Appender = new Appender({
    ...{ client, subject: "s", node: "n", maxPayload: 8_388_608, note: () => {}, now: clock.monotonic },
    // What the oldest live node reads.
    writeLevel: () => 3,
    barrier: async () => barrier(appender),
    acknowledged: (position) => void acknowledged.push(position),
    refuse: (_, refusal) => void refusals.push(refusal),
  });
  return { appender, clock, published, refusals, acknowledged };
}
const full = () =>
  new JetStreamApiError({ code: 503, err_code: 10_077, description: "maximum bytes exceeded" });

test("trap 8: what a server says while its leaders change means: try again, with the same id", async () => {
  const errors = ["duplicate message id is in process", "jetstream is not enabled", "timeout"];
  const { acknowledged, appender, published, refusals } = appending([
    ...errors.map((why) => new Error(why)),
    "stored",
  ]);
  appender.append({ id: "b1", entries: [] });
  await eventually(() => acknowledged.length === 1);
  expect(published).toEqual(["b1", "b1", "b1", "b1"]);
  expect(refusals).toEqual([]);
});

test("trap 11: a batch that was stored without an acknowledgement is not appended again", async () => {
  // Behind the barrier it was applied.
  const { appender, published } = appending([new Error("timeout")], (it) => it.applied("b1"));
  appender.append({ id: "b1", entries: [] });
  await eventually(() => appender.retries === 1);
  appender.append({ id: "b2", entries: [] });
  await eventually(() => published.length === 2);
  expect(published).toEqual(["b1", "b2"]);
});

test("trap 10: a full log refuses no batch that an earlier attempt may have stored", async () => {
  const { acknowledged, appender, refusals } = appending([new Error("timeout"), full(), full(), "stored"]);
  appender.append({ id: "b1", entries: [] });
  await eventually(() => acknowledged.length === 1);
  expect(refusals).toEqual([]);
});

test("clients of a batch that the log has not taken within a minute are sent away: it is in doubt, and they say it again", async () => {
  const { appender, clock, published, refusals } = appending([new Error("timeout")], () =>
    clock.advance(61_000),
  );
  appender.append({ id: "b1", entries: [] });
  await eventually(() => refusals.length === 1);
  expect(refusals).toMatchObject([{ reason: "server_restart" }]);
  expect(published).toEqual(["b1"]);
});

test("a batch beyond what the servers take is too long, not busy for ever", async () => {
  const { appender, published, refusals } = appending([]);
  const entry = { ...{ v: 1 as const, id: "e", time: 0, protocol: "", room: "r", kind: "k" }, sender: null };
  appender.append({ id: "b1", entries: [{ ...entry, clientId: null, body: "x".repeat(8_388_608) }] });
  await eventually(() => refusals.length === 1);
  expect(refusals).toMatchObject([{ reason: "too_long" }]);
  expect(published).toEqual([]);
});
