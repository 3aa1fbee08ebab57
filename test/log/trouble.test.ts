import { expect, test } from "bun:test";
import { connect } from "@nats-io/transport-node";
import { type Clock, systemClock } from "../../src/core/ports/clock.ts";
import type { Frame, TestClient } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { readExposition } from "../support/exposition.ts";
import { failWrites } from "../support/failing-writes.ts";
import { readAll } from "../support/feed.ts";
import { clusterEnv, hasNats, startNats } from "../support/nats.ts";
import { startTestServer, stopAfterAll, type TestServer } from "../support/server.ts";

const nats = hasNats ? stopAfterAll(await startNats()) : undefined;
const startNode = async (name: string, env = {}) =>
  stopAfterAll(await startTestServer({ env: { ...clusterEnv(nats!, name), ...env } }));
const a = nats && (await startNode("a"));
const b = nats && (await startNode("b"));
const ofNats = test.skipIf(!nats);

const say = (client: TestClient, chatId: string, content: string) =>
  client.say("message", { chatId, content });

async function inChat(server: TestServer, userId: string, chatId: string): Promise<TestClient> {
  const client = await server.chat(userId);
  await client.join(chatId);
  return client;
}

async function heard(client: TestClient, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) {
    const { data } = await client.next((frame: Frame) => frame["type"] === "message");
    texts.push(data.content ?? data.message.content);
  }
  return texts;
}
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `${from + n}`);

ofNats(
  "while the log is away messages wait, all else goes on, and none is lost or out of order",
  async () => {
    const [ada, bob] = [await inChat(a!, "ada", "c1"), await inChat(b!, "bob", "c1")];
    for (const text of numbered(20)) say(ada, "c1", text);
    await nats!.kill();
    for (const text of numbered(20, 20)) say(ada, "c1", text);
    // A pong of a client that has said nothing, and the history of a room, wait for nobody.
    const eve = await inChat(a!, "eve", "c1");
    await eve.drain();
    await nats!.restart();
    for (const text of numbered(20, 40)) say(ada, "c1", text);
    expect(await heard(bob, 60)).toEqual(numbered(60));
    expect(await heard(ada, 60)).toEqual(numbered(60));
  },
);

ofNats("a node whose disk is full is not ready, skips nothing, and goes on where it was", async () => {
  const [ada, bob] = [await inChat(a!, "ada", "c2"), await inChat(b!, "bob", "c2")];
  const failing = failWrites(b!, "events");
  for (const text of numbered(3)) say(ada, "c2", text);
  expect(await heard(ada, 3)).toEqual(numbered(3));
  say(bob, "c2", "own");
  await eventually(async () => (await b!.http("GET", "/health/ready")).status === 503);
  failing.mend();
  expect(await heard(bob, 4)).toEqual([...numbered(3), "own"]);
  await eventually(async () => (await b!.http("GET", "/health/ready")).status === 200);
});

ofNats(
  "what another node has just stored is redacted, also by a node that does not know that it is behind",
  async () => {
    const ada = await inChat(a!, "ada", "c5");
    await inChat(b!, "bob", "c5");
    const failing = failWrites(b!, "events");
    say(ada, "c5", "rude");
    const { data } = await ada.next((frame: Frame) => frame["type"] === "message");
    const redacted = b!.http("DELETE", `/v1/rooms/chat:c5/messages/${data.message.id}`);
    failing.mend();
    expect((await redacted).status).toBe(204);
  },
);

ofNats("while the log is away, what a backend gave up waiting for waits no longer", async () => {
  const waits = new Set<() => void>();
  const clock: Clock = {
    ...systemClock,
    after(ms, work) {
      if (ms !== 8_000) return systemClock.after(ms, work);
      waits.add(work);
      return () => void waits.delete(work);
    },
  };
  const node = stopAfterAll(await startTestServer({ clock, env: clusterEnv(nats!, "patient") }));
  const waiting = async (steps: number) =>
    (await (await node.http("GET", "/metrics")).text()).includes(`switchboard_log_queue_steps ${steps}\n`);
  const post = async (...ids: string[]) => {
    const events = ids.map((id) => ({
      ...{ room: "guild:given-up", type: "voice.left", id },
      data: { guildId: "given-up", channelId: null, userId: id },
    }));
    return (await node.http("POST", "/v1/discord/events", events)).status;
  };
  nats!.pause();
  const first = post("sent");
  await eventually(() => waits.size === 1);
  const others = [post("a1", "a2"), post("b1", "b2", "b3")];
  await eventually(() => waiting(5));
  for (const giveUp of waits) giveUp();
  expect(await Promise.all([first, ...others])).toEqual([503, 503, 503]);
  const again = post("b1", "b2", "b3");
  await eventually(() => waits.size === 1);
  nats!.resume();
  expect(await again).toBe(200);
  const stored = (await readAll(node))
    .map(({ data }) => data)
    .filter(({ guildId }) => guildId === "given-up");
  expect(stored.map(({ userId }) => userId)).toEqual(["sent", "b1", "b2", "b3"]);
  expect(await waiting(0)).toBe(true);
});

ofNats("a node that stops confirms first what it was told", async () => {
  const leaving = await startNode("leaving", { SHUTDOWN_GRACE_MS: "10000" });
  const ada = await inChat(leaving, "ada", "c3");
  nats!.pause();
  for (const text of numbered(200)) say(ada, "c3", text);
  const received = /switchboard_messages_received_total\{protocol="gurukul"\} 201\n/;
  await eventually(async () => received.test(await (await leaving.http("GET", "/metrics")).text()));
  const stopped = leaving.shutdown();
  nats!.resume();
  expect(await heard(ada, 200)).toEqual(numbered(200));
  expect((await ada.closed).code).toBe(1012);
  await stopped;
});

ofNats(
  "a node that has made something else of the log than most nodes is not ready, says why, and sends its clients away",
  async () => {
    const odd = await startNode("odd", { CLUSTER: "odd" });
    const metrics = async () => (await odd.http("GET", "/metrics")).text();
    const ada = await inChat(odd, "ada", "c4");
    say(ada, "c4", "hello");
    await heard(ada, 1);
    // An entry may still follow, so they claim what is applied now.
    const applied = async () => Number(/^switchboard_log_position (\d+)$/m.exec(await metrics())?.[1]);
    const network = await connect({ servers: nats!.url });
    const beat = (id: string, position: number) =>
      network.publish(
        "sb.odd.beat",
        JSON.stringify({
          id,
          name: id,
          counter: 0,
          position,
          hash: "another",
          writeLevel: 1,
          draining: false,
        }),
      );
    await eventually(async () => {
      const position = await applied();
      for (const id of ["x", "y"]) beat(id, position);
      return (await odd.http("GET", "/health/ready")).status === 503;
    });
    expect(JSON.stringify(await (await odd.http("GET", "/health/ready")).json())).toMatch(
      /differs from the other nodes at position [1-9]\d*: remove its database/,
    );
    expect(await metrics()).toContain("switchboard_log_divergence 1");
    expect((await ada.closed).code).toBe(1012);
    await network.close();
  },
);

ofNats("metrics say where a node is in the log", async () => {
  const { families, problems } = readExposition(await (await a!.http("GET", "/metrics")).text());
  expect(problems).toEqual([]);
  const value = (name: string) => families.get(name.replace(/_count$/, ""))?.series.get(name);
  expect(value("switchboard_log_position")).toBeGreaterThan(3);
  expect(value("switchboard_log_last_position")).toBe(value("switchboard_log_position")!);
  for (const histogram of ["append_seconds", "apply_seconds", "batch_entries", "batch_bytes"])
    expect(value(`switchboard_log_${histogram}_count`)).toBeGreaterThan(0);
  expect([value("switchboard_log_queue_steps"), value("switchboard_log_busy_total")]).toEqual([0, 0]);
});
