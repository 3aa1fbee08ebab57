import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { builtProtocol, builtProtocols } from "../support/built-protocols.ts";
import type { Frame, TestClient } from "../support/client.ts";
import { endpoints, type WireEndpoint } from "../support/endpoints.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { atomic } from "./trespasses/atomic.ts";
import { diet } from "./trespasses/diet.ts";
import { discord } from "./trespasses/discord.ts";
import { gurukul } from "./trespasses/gurukul.ts";
import { hyperfocus } from "./trespasses/hyperfocus.ts";
import { type Plan, SECRET } from "./trespasses/trespass.ts";

const plans: readonly Plan[] = [gurukul, hyperfocus, atomic, discord, diet];

test("every protocol has a plan, and it has a line for every kind of message", () => {
  expect(plans.map(({ protocol }) => protocol).sort()).toEqual(
    builtProtocols()
      .map(({ name }) => name)
      .sort(),
  );
  for (const { protocol, trespasses } of plans) {
    const kinds = Object.keys(builtProtocol(protocol).messages).sort();
    expect([protocol, Object.keys(trespasses).sort()]).toEqual([protocol, kinds]);
  }
});

describe.each(plans.map((plan) => [plan.protocol, plan] as const))("of %s", (protocol, plan) => {
  const doors = endpoints.filter((endpoint) => endpoint.protocol === protocol);
  const doorTo = (at?: string): WireEndpoint => doors.find(({ name }) => name === at) ?? doors[0]!;
  const { events, messages, open, rules } = builtProtocol(protocol);
  const post = (posts: readonly Frame[]) => server.http("POST", `/v1/${protocol}/events`, posts);

  let server: TestServer;
  let witnesses: TestClient[];
  let heardBefore: number[];
  const eves: TestClient[] = [];
  beforeAll(async () => {
    server = await startTestServer({ env: { MAX_GIFTS_PER_SECOND: "0" } });
    expect((await post(plan.prepare)).status).toBe(200);
    witnesses = await Promise.all(doors.map((door) => door.enter(server, "ada")));
    const analytics = witnesses[doors.findIndex(({ name }) => name === "atomic analytics")];
    analytics?.send({ type: "subscribe", data: { metrics: ["mood", "marker"] } });
    await analytics?.next(({ data }) => data.metric === "marker");
    await Promise.all(witnesses.map(settled));
    heardBefore = witnesses.map(({ frames }) => frames.length);
  });
  afterAll(() => server.stop());

  async function settled(client: TestClient): Promise<void> {
    const { isAnswer, probe } = doors[witnesses.indexOf(client)] ?? doors[0]!;
    client.send(probe);
    await client.next(isAnswer);
  }

  async function eve(door: WireEndpoint): Promise<TestClient> {
    const client = await door.enter(server, "eve", "b");
    eves.push(client);
    return client;
  }

  /** What is sent is answered so, and the connection lives. */
  async function answers(door: WireEndpoint, frame: Frame, answer: Frame): Promise<void> {
    const client = await eve(door);
    const before = client.frames.length;
    client.send(frame);
    client.send(door.probe);
    await client.next(door.isAnswer);
    if (door.isAnswer(answer)) await client.next(door.isAnswer);
    const own = client.frames.slice(before, -1).filter((one) => !plan.isOrdinary?.(one));
    expect(own).toMatchObject([answer]);
    client.close();
  }

  for (const [kind, cases] of Object.entries(plan.trespasses)) {
    if (typeof cases === "string") test(`${kind} ${cases}`, () => expect(messages[kind]).toBeDefined());
    else {
      test.each(cases.map((one) => [one.what, one] as const))(`${kind} %s`, (_, { answer, at, frame }) =>
        answers(doorTo(at), frame, answer),
      );
    }
  }

  test("a client may not send what only the server or a backend may, nor what belongs to another endpoint", async () => {
    for (const door of doors) {
      const state = open(new URL(`ws://localhost${door.path}`));
      const foreign = Object.keys(messages).filter((kind) => rules[kind]?.at?.(state) === false);
      const told = Object.keys(events).filter((kind) => !Object.hasOwn(messages, kind));
      expect(foreign.length + told.length).toBeGreaterThan(0);
      for (const kind of [...foreign, ...told]) await answers(door, plan.frameOf(kind, door), plan.unknown);
    }
  });

  test("a client that has not authenticated can send nothing else", async () => {
    for (const door of doors) {
      for (const kind of Object.keys(messages).filter((kind) => kind !== "auth")) {
        const protocols = door.subprotocol === undefined ? [] : [door.subprotocol];
        const client = await server.connect(door.path, protocols.length === 0 ? {} : { protocols });
        const sample = door.frames.find(({ type }) => type === kind);
        client.send(sample ?? plan.frameOf(kind, door));
        eves.push(client);
        // Viewers are guests, and may say what does not take a host.
        if (sample && rules[kind]?.allow === "guest") {
          if (sample["payload"]?.clientType !== "host") continue;
        }
        const { code } = await client.closed;
        expect([1008, 4003]).toContain(code);
        expect(client.frames).toHaveLength(1);
      }
    }
  });

  test("of all this ada has heard nothing, and eve nothing of hers", async () => {
    expect((await post([plan.marker])).status).toBe(200);
    for (const [index, client] of witnesses.entries()) {
      if (doors[index]?.name === "atomic analytics") await client.next(plan.isMarker);
      else if (protocol !== "atomic") await client.next(plan.isMarker);
      await settled(client);
      const news = client.frames.slice(heardBefore[index]);
      const heard = news.filter((one) => !plan.isMarker(one) && !plan.isOrdinary?.(one));
      expect(heard.filter((one) => !doors[index]?.isAnswer(one))).toEqual([]);
    }
    expect(JSON.stringify(eves.map(({ frames }) => frames))).not.toContain(SECRET);
    expect(server.lines.filter((line) => line.includes('"level":50'))).toEqual([]);
    // What waits for her still does.
    const again = await doors[0]!.enter(server, "ada");
    if (protocol === "diet") {
      await again.next(({ data }) => data.messageId === "secret-1");
      await again.next(({ data }) => data.notificationId === "secret-2");
    }
  });
});
