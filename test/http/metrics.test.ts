import { expect, test } from "bun:test";
import { connect } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { metricOf, readExposition } from "../support/exposition.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const clock = new FakeClock();
const server = stopAfterAll(
  await startTestServer({ clock, env: { ALLOWED_ORIGINS: "https://here.example" } }),
);

const metric = (series: string) => metricOf(server, series);
/** By how much a series grows meanwhile. */
async function growth(series: string, work: () => Promise<void>): Promise<number> {
  const before = (await metric(series)) ?? 0;
  await work();
  return ((await metric(series)) ?? 0) - before;
}

test("/metrics is open to all, in the text format, and passes the linter", async () => {
  const ada = await server.chat("ada");
  await ada.join("lint");
  ada.say("message", { chatId: "lint", content: "hello", agentId: "therapist" });
  await ada.next(({ type, data }) => type === "typing" && !data.isTyping);
  const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  const { families, problems } = readExposition(await answer.text());
  expect(problems).toEqual([]);
  for (const name of [
    ...["switchboard_connections", "switchboard_turn_commit_seconds", "switchboard_store_size_bytes"],
    ...["process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds"],
  ]) {
    expect([name, [...(families.get(name)?.series.values() ?? [])].some((value) => value > 0)]).toEqual([
      name,
      true,
    ]);
  }
  ada.close();
  await ada.closed;
});

test("connections are counted by protocol while they are open, and by code when they end", async () => {
  const open = 'switchboard_connections{protocol="gurukul"}';
  const closed = (code: string) => `switchboard_connections_closed_total{protocol="gurukul",code="${code}"}`;
  const before = (await metric(open)) ?? 0;
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  expect(await metric(open)).toBe(before + 2);
  const left = await growth(closed("1000"), async () => {
    ada.socket.close(1000);
    await eventually(async () => (await metric(open)) === before + 1);
  });
  expect(left).toBe(1);
  const others = await growth(closed("other"), async () => {
    bob.socket.close(4_999);
    await eventually(async () => (await metric(open)) === before);
  });
  expect(others).toBe(1);
  const refused = await growth(closed("1008"), async () => {
    const eve = await server.connect("/ws?token=none");
    await eve.closed;
    await eventually(async () => (await metric(open)) === before);
  });
  expect(refused).toBe(1);
});

test("messages are counted as they come and for each who gets them, and refusals by reason", async () => {
  const [ada, bob, eve] = [await server.chat("ada"), await server.chat("bob"), await server.chat("eve")];
  for (const one of [ada, bob, eve]) await one.join("counted");
  const received = 'switchboard_messages_received_total{protocol="gurukul"}';
  const sent = 'switchboard_messages_sent_total{protocol="gurukul"}';
  const say = async () => {
    ada.say("message", { chatId: "counted", content: "hello" });
    for (const one of [ada, bob, eve]) await one.next("message");
  };
  expect(await growth(received, say)).toBe(1);
  expect(await growth(sent, say)).toBe(3);
  const type = async () => {
    ada.say("typing", { chatId: "counted", userId: "ada", isTyping: true });
    for (const one of [bob, eve]) await one.next("typing");
  };
  expect(await growth(sent, type)).toBe(2);
  expect(await metric('switchboard_rooms{kind="chat"}')).toBeGreaterThanOrEqual(1);
  const refusals = 'switchboard_refusals_total{protocol="gurukul",reason="unknown_kind"}';
  const dance = async () => {
    ada.say("dance", {});
    await ada.next("error");
  };
  expect(await growth(refusals, dance)).toBe(1);
  for (const one of [ada, bob, eve]) one.close();
});

test("each turn that is committed is timed", async () => {
  const ada = await server.chat("ada");
  await ada.join("timed");
  const say = async () => {
    ada.say("message", { chatId: "timed", content: "hello" });
    await ada.next("message");
  };
  expect(await growth("switchboard_turn_entries_sum", say)).toBe(1);
  expect(await growth("switchboard_turn_commit_seconds_count", say)).toBe(1);
  expect(await growth("switchboard_turn_commit_seconds_sum", say)).toBeGreaterThan(0);
  expect(await growth("switchboard_turn_seconds_count", say)).toBeGreaterThanOrEqual(1);
  clock.advance(100);
  expect(await growth("switchboard_publish_flush_seconds_count", say)).toBe(1);
  expect(await growth("switchboard_publish_flush_seconds_count", say)).toBe(0);
  ada.close();
});

test("agents' answers and refused upgrades are counted", async () => {
  const ada = await server.chat("ada");
  await ada.join("asked");
  const ask = async () => {
    ada.say("message", { chatId: "asked", content: "hello", agentId: "therapist" });
    await ada.next(({ type, data }) => type === "typing" && !data.isTyping);
  };
  expect(await growth("switchboard_agent_calls_total", ask)).toBe(1);
  expect(await growth("switchboard_agent_duration_seconds_count", ask)).toBe(1);
  const come = async () => {
    const headers = { Origin: "https://evil.example" };
    expect((await RawSocket.upgrade(server.port, "/ws", { headers })).status).toBe(403);
  };
  expect(await growth('switchboard_upgrades_refused_total{status="403"}', come)).toBe(1);
  ada.close();
});

test("GET /v1/metrics has the contract's ConnectionMetrics", async () => {
  expect((await fetch(`http://127.0.0.1:${server.port}/v1/metrics`)).status).toBe(401);
  const metrics = async (): Promise<unknown> => (await server.http("GET", "/v1/metrics")).json();
  clock.advance(61_000);
  const ada = await server.chat("ada");
  await ada.drain();
  clock.advance(10_000);
  expect(await metrics()).toEqual({
    activeConnections: 1,
    totalConnections: expect.any(Number),
    messagesPerSecond: expect.closeTo(1 / 60, 3),
    averageLatency: expect.any(Number),
    errorRate: 0,
    uptime: expect.any(Number),
  });
  ada.say("dance", {});
  await ada.next("error");
  expect(await metrics()).toMatchObject({ errorRate: 0.5 });
  const { averageLatency, totalConnections } = (await metrics()) as Record<string, number>;
  expect(averageLatency).toBeGreaterThan(0);
  expect(totalConnections).toBeGreaterThan(5);
  ada.close();
});

test("tokens that are refused at the upgrade, and rooms that end, are no messages answered by an error", async () => {
  clock.advance(61_000);
  const ada = await server.chat("ada", { rooms: [] });
  await server.http("PUT", "/v1/rooms/chat:closing", { open: true });
  await ada.join("closing");
  for (const token of ["none", ""]) {
    const eve = await connect(`ws://127.0.0.1:${server.port}/ws?token=${token}`);
    expect((await eve.closed).code).toBe(1008);
  }
  await server.http("PUT", "/v1/rooms/chat:closing", { open: false });
  await ada.next("error");
  const metrics = async (): Promise<unknown> => (await server.http("GET", "/v1/metrics")).json();
  expect(await metrics()).toMatchObject({ errorRate: 0 });
  ada.close();
});
