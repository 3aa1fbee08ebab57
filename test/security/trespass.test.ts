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
  const own = endpoints.filter((endpoint) => endpoint.protocol === protocol);
  const endpointNamed = (at?: string): WireEndpoint => own.find(({ name }) => name === at) ?? own[0]!;
  const { events, messages, open, rules } = builtProtocol(protocol);
  const post = (posts: readonly Frame[]) => server.http("POST", `/v1/${protocol}/events`, posts);

  let server: TestServer;
  let witnesses: TestClient[];
  let heardBefore: number[];
  const eves: TestClient[] = [];
  beforeAll(async () => {
    server = await startTestServer({ env: { MAX_GIFTS_PER_SECOND: "0" } });
    expect((await post(plan.prepare)).status).toBe(200);
    witnesses = await Promise.all(own.map((endpoint) => endpoint.enter(server, "ada")));
    const analytics = witnesses[own.findIndex(({ name }) => name === "atomic analytics")];
    analytics?.send({ type: "subscribe", data: { metrics: ["mood", "marker"] } });
    await analytics?.next(({ data }) => data.metric === "marker");
    await Promise.all(witnesses.map(settled));
    heardBefore = witnesses.map(({ frames }) => frames.length);
  });
  afterAll(() => server.stop());

  async function settled(client: TestClient): Promise<void> {
    const { isAnswer, probe } = own[witnesses.indexOf(client)] ?? own[0]!;
    client.send(probe);
    await client.next(isAnswer);
  }

  async function eve(endpoint: WireEndpoint): Promise<TestClient> {
    const client = await endpoint.enter(server, "eve", "b");
    eves.push(client);
    return client;
  }

  /** What is sent is answered so, and the connection lives. */
  async function answers(endpoint: WireEndpoint, frame: Frame, answer: Frame): Promise<void> {
    const client = await eve(endpoint);
    const before = client.frames.length;
    client.send(frame);
    client.send(endpoint.probe);
    await client.next(endpoint.isAnswer);
    if (endpoint.isAnswer(answer)) await client.next(endpoint.isAnswer);
    const own = client.frames.slice(before, -1).filter((one) => !plan.isOrdinary?.(one));
    expect(own).toMatchObject([answer]);
    client.close();
  }

  for (const [kind, cases] of Object.entries(plan.trespasses)) {
    if (typeof cases === "string") test(`${kind} ${cases}`, () => expect(messages[kind]).toBeDefined());
    else {
      test.each(cases.map((one) => [one.what, one] as const))(`${kind} %s`, (_, { answer, at, frame }) =>
        answers(endpointNamed(at), frame, answer),
      );
    }
  }

  test("a client may not send what only the server or a backend may, nor what belongs to another endpoint", async () => {
    for (const endpoint of own) {
      const state = open(new URL(`ws://localhost${endpoint.path}`));
      const foreign = Object.keys(messages).filter((kind) => rules[kind]?.at?.(state) === false);
      const told = Object.keys(events).filter((kind) => !Object.hasOwn(messages, kind));
      expect(foreign.length + told.length).toBeGreaterThan(0);
      for (const kind of [...foreign, ...told])
        await answers(endpoint, plan.frameOf(kind, endpoint), plan.unknown);
    }
  });

  test("a client that has not authenticated can send nothing else", async () => {
    for (const endpoint of own) {
      for (const kind of Object.keys(messages).filter((kind) => kind !== "auth")) {
        const protocols = endpoint.subprotocol === undefined ? [] : [endpoint.subprotocol];
        const client = await server.connect(endpoint.path, protocols.length === 0 ? {} : { protocols });
        const sample = endpoint.frames.find(({ type }) => type === kind);
        client.send(sample ?? plan.frameOf(kind, endpoint));
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
      if (own[index]?.name === "atomic analytics") await client.next(plan.isMarker);
      else if (protocol !== "atomic") await client.next(plan.isMarker);
      await settled(client);
      const news = client.frames.slice(heardBefore[index]);
      const heard = news.filter((one) => !plan.isMarker(one) && !plan.isOrdinary?.(one));
      expect(heard.filter((one) => !own[index]?.isAnswer(one))).toEqual([]);
    }
    expect(JSON.stringify(eves.map(({ frames }) => frames))).not.toContain(SECRET);
    expect(server.lines.filter((line) => line.includes('"level":50'))).toEqual([]);
    // What waits for her still does.
    const again = await own[0]!.enter(server, "ada");
    if (protocol === "diet") {
      await again.next(({ data }) => data.messageId === "secret-1");
      await again.next(({ data }) => data.notificationId === "secret-2");
    }
  });
});
