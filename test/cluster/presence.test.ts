import { describe, expect, test } from "bun:test";
import { connect as connectToNats } from "@nats-io/transport-node";
import { openCluster } from "../../src/cluster/open.ts";
import { clusterLines } from "../../src/commands/cluster-lines.ts";
import { systemClock } from "../../src/core/ports/clock.ts";
import type { Frame, TestClient } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { clusterEnv, hasNats, startNats } from "../support/nats.ts";
import { erase, erased, filesWith, live, NAME, SAID } from "../support/personal.ts";
import { expectProblem } from "../support/problem.ts";
import { startTestServer, stopAfterAll, type TestServer } from "../support/server.ts";

const nats = hasNats ? stopAfterAll(await startNats()) : undefined;
const startNode = async (name: string) =>
  stopAfterAll(await startTestServer({ env: { ...clusterEnv(nats!, name), MAX_CONNECTIONS_PER_USER: "8" } }));
const a = nats && (await startNode("a"));
const b = nats && (await startNode("b"));

const enter = async (node: TestServer, userId: string, contextId: string): Promise<TestClient> => {
  const token = await node.token(userId);
  const client = await node.connect(`/api/chat/ws?contextId=${contextId}&token=${token}`);
  await client.next("connected");
  return client;
};
const about = (userId: string) => (frame: Frame) => frame["data"]?.userId === userId;
const leave = async (client: TestClient) => {
  client.close();
  await client.closed;
};

test.skipIf(!nats)("a user joins and leaves once, through whichever nodes", async () => {
  const [bob, cyd] = [await enter(a!, "bob", "c"), await enter(b!, "cyd", "c")];
  const first = await enter(b!, "ann", "c");
  for (const one of [bob, cyd]) expect((await one.next(about("ann")))["type"]).toBe("user_joined");
  const second = await enter(a!, "ann", "c");
  await leave(first);
  await leave(second);
  for (const one of [bob, cyd]) expect((await one.next(about("ann")))["type"]).toBe("user_left");
});

test.skipIf(!nats)("typing crosses nodes", async () => {
  const [ann, bob] = [await a!.chat("ann"), await b!.chat("bob")];
  for (const one of [ann, bob]) await one.join("c1");
  ann.say("typing", { chatId: "c1", userId: "ann", isTyping: true });
  expect((await bob.next("typing"))["data"]).toEqual({ chatId: "c1", userId: "ann", isTyping: true });
});

test.skipIf(!nats)(
  "a node that starts later knows who is there; the users of one that stops leave",
  async () => {
    const ann = await enter(a!, "dan", "c2");
    const late = await startNode("late");
    const eve = await enter(late, "eve", "c2");
    expect((await ann.next(about("eve")))["type"]).toBe("user_joined");
    // Who is there already does not join once more.
    const again = await enter(late, "dan", "c2");
    await leave(again);
    await late.shutdown();
    expect((await eve.closed).code).toBe(1012);
    expect((await ann.next((frame) => frame["type"].startsWith("user_")))["type"]).toBe("user_left");
  },
);

test.skipIf(!nats)("the limit of connections of a user holds for all nodes together", async () => {
  const bob = await enter(b!, "gus", "c3");
  for (let n = 1; n <= 8; n++) await enter(a!, "fay", "c3");
  await enter(a!, "hal", "c3");
  // What came before has come too.
  await bob.next(about("hal"));
  const another = await b!.connect(`/api/chat/ws?contextId=c3&token=${await b!.token("fay")}`);
  expect((await another.closed).code).not.toBe(1000);
  expect(another.frames.map(({ type }) => type)).not.toContain("connected");
});

/** Another node, as the two know it; it has applied what the test says. */
async function startPeer(name: string) {
  const connection = await connectToNats({ servers: nats!.url.replace("nats://", "") });
  let position = 0;
  const peer = openCluster(
    connection,
    { CLUSTER: "switchboard", NODE_NAME: name },
    {
      clock: systemClock,
      applied: () => position,
      hash: () => "",
      draining: () => false,
      differs: () => {},
      note: () => {},
    },
  );
  peer.start({
    roster: { heard() {}, heardAll() {}, said: () => [] },
    isHeard: () => false,
    relayed() {},
    answers: {},
  });
  await eventually(() => peer.peers.length >= 2);
  return {
    applies(upTo: number) {
      position = upTo;
      peer.committed();
    },
    async stop() {
      peer.stop();
      await connection.close();
    },
  };
}

describe.skipIf(!nats)("what backends ask and change is about all nodes", () => {
  const exposed = async (node: TestServer) => (await node.http("GET", "/metrics")).text();
  const json = async (answer: Promise<Response>) => (await answer).json() as Promise<Frame>;

  test("connections are listed over all nodes, in pages, and closed through any of them", async () => {
    const [ivy, joe] = [await enter(a!, "ivy", "c4"), await enter(b!, "joe", "c4")];
    const all: Frame[] = [];
    for (let after = ""; ; ) {
      const page = await json(b!.http("GET", `/v1/connections?limit=1${after}`));
      all.push(...page["connections"]);
      if (!page["hasMore"]) break;
      after = `&after=${page["connections"][0].id}`;
    }
    const of = (userId: string) => all.filter((one) => one["userId"] === userId).map(({ node }) => node);
    expect([of("ivy"), of("joe")]).toEqual([["a"], ["b"]]);
    const ofA = await json(b!.http("GET", "/v1/connections?node=a"));
    expect(ofA["connections"].map((one: Frame) => one["node"])).not.toContain("b");
    expect(ofA["connections"].map((one: Frame) => one["userId"])).toContain("ivy");
    await expectProblem(await a!.http("GET", "/v1/connections?node=z"), 400, ["node"]);

    const own = all.find(({ userId }) => userId === "ivy")!;
    expect((await b!.http("DELETE", `/v1/connections/${own["id"]}`)).status).toBe(204);
    expect((await ivy.closed).code).toBe(1008);
    await joe.next((frame) => frame["type"] === "user_left");
    await expectProblem(await b!.http("DELETE", `/v1/connections/${own["id"]}`), 404);
    await leave(joe);
  });

  test("a room's online connections and a user's last activity are those of all nodes", async () => {
    const [kim, lea] = [await enter(a!, "kim", "c5"), await enter(b!, "lea", "c5")];
    lea.send({ type: "message", data: { content: "here" } });
    await kim.next("message");
    for (const node of [a!, b!]) {
      expect(await json(node.http("GET", "/v1/rooms/context:c5"))).toMatchObject({ online: 2 });
      expect(await json(node.http("GET", "/v1/rooms?kind=context&after=context:c4"))).toMatchObject({
        rooms: [{ room: "context:c5", online: 2 }],
      });
    }
    const seen = async (node: TestServer) => (await json(node.http("GET", "/v1/users/lea")))["lastActive"];
    expect(await seen(a!)).toBe(await seen(b!));
    for (const one of [kim, lea]) await leave(one);
  });

  test("a change is answered when every live node has applied it", async () => {
    const peer = await startPeer("slow");
    const member = (userId: string, room = "group:g") =>
      a!.http("PUT", `/v1/rooms/${room}/members/${userId}`, {});
    const granted = member("max");
    // Both nodes have applied it, and the third has not.
    await eventually(async () =>
      JSON.stringify(await json(b!.http("GET", "/v1/rooms/group:g/members"))).includes("max"),
    );
    const revoked = b!.http("DELETE", "/v1/users/max/connections");
    expect(Bun.peek.status(granted)).toBe("pending");
    peer.applies(Number.MAX_SAFE_INTEGER);
    for (const answer of [await granted, await revoked]) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get("warning")).toBeNull();
    }
    await peer.stop();
    expect((await member("mia")).headers.get("warning")).toBeNull();
  });

  test("a node that gives no answer is named, and what may be there is not said to be nowhere", async () => {
    const peer = await startPeer("mute");
    const listed = await a!.http("GET", "/v1/connections");
    expect([listed.status, listed.headers.get("warning")]).toEqual([
      200,
      '199 - "nodes that gave no answer: mute"',
    ]);
    await expectProblem(await a!.http("DELETE", "/v1/connections/none"), 503);
    // Somebody may be in that session there; a chat would be stored on this node.
    await expectProblem(await a!.http("DELETE", "/v1/rooms/session:none"), 503);
    await expectProblem(await a!.http("DELETE", "/v1/rooms/chat:none"), 404);
    const { nodes } = await json(b!.http("GET", "/v1/cluster"));
    expect(nodes).toEqual([
      expect.objectContaining({ name: "a", ready: true, reason: null }),
      expect.objectContaining({ name: "b", ready: true, reason: null }),
      expect.objectContaining({ name: "mute", ready: false, reason: "it gives no answer" }),
    ]);
    await peer.stop();
  });

  test("an erasure is finished when every node has erased the user from its files", async () => {
    await live(a!);
    expect((await erase(b!)).status).toBe(202);
    const [atA, atB] = [await erased(a!), await erased(b!)];
    expect(atA["redacted"]).toBeGreaterThan(5);
    expect(atA).toEqual(atB);
    for (const { directory } of [a!, b!])
      for (const text of [SAID, NAME]) expect(filesWith(directory, text)).toEqual([]);
    const listed = await json(a!.http("GET", "/v1/erasures"));
    expect(listed["erasures"]).toEqual([atA]);
  });

  test("every node, its leases and the log are shown to operators", async () => {
    const state = () => json(a!.http("GET", "/v1/cluster"));
    const held = ({ nodes }: Frame): string[] => nodes.flatMap(({ leases }: Frame) => leases);
    await eventually(async () => held(await state()).includes("snapshots"));
    const { cluster, log, nodes } = await state();
    expect(cluster).toBe("switchboard");
    expect(log).toMatchObject({
      leader: expect.any(String),
      replicas: [],
      first: 1,
      maxBytes: 1_073_741_824,
    });
    const [one, other] = nodes;
    expect([one.name, other.name]).toEqual(["a", "b"]);
    expect(other).toMatchObject({ position: one.position, hash: one.hash, ready: true, writeLevel: 1 });
    expect(held({ nodes }).filter((lease) => lease === "snapshots")).toHaveLength(1);
    expect(await exposed(a!)).toContain('switchboard_cluster_lease_held{lease="snapshots"}');

    const lines = clusterLines({ cluster, log, nodes });
    expect(lines[0]).toBe("  cluster      switchboard, 2 nodes");
    expect(lines[1]).toMatch(/^ {2}log servers {2}leader .+, positions 1 to [\d,]+, \d+ % of its room used$/);
    expect(lines[2]).toMatch(
      /^ {4}a {2}ready, position [\d,]+, lag \d\.\d s, hash [\da-f]{12}, connections /,
    );
  });

  test("metrics count nodes, the roster and relays", async () => {
    const [ned, ora] = [await a!.chat("ned"), await b!.chat("ora")];
    for (const one of [ned, ora]) await one.join("c6");
    ned.say("typing", { chatId: "c6", userId: "ned", isTyping: true });
    await ora.next("typing");
    const [atA, atB] = [await exposed(a!), await exposed(b!)];
    for (const text of [atA, atB]) {
      expect(text).toContain("\nswitchboard_cluster_nodes 2\n");
      expect(text).toMatch(/\nswitchboard_cluster_roster_entries [1-9]/);
      expect(text).toContain("\nswitchboard_cluster_relays_dropped_total 0\n");
    }
    expect(atA).toMatch(/_relays_total\{direction="sent"\} [1-9]/);
    expect(atB).toMatch(/_relays_total\{direction="received"\} [1-9]/);
  });
});
