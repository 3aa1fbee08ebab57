import { expect, test } from "bun:test";
import { LogNode } from "../../support/log-node.ts";
import { SharedLog } from "../../support/shared-log.ts";

const START = Date.UTC(2026, 0, 1);

/** Two nodes that hear of each other, where these rooms are open to all. */
function createNodes(...rooms: string[]) {
  const log = new SharedLog();
  const nodes = [new LogNode(log, START, true), new LogNode(log, START, true)] as const;
  for (const room of rooms) void nodes[0].core.recordRoom(room, "room", { open: true });
  nodes[0].core.turns.end();
  const settle = () => {
    while (nodes.map((node) => node.advance()).some((applied) => applied > 0));
  };
  settle();
  return { nodes, settle };
}

type Client = Awaited<ReturnType<LogNode["connect"]>>;

/** Data of the frames of these types that the client has heard since it was asked last. */
const heard = ({ heard }: Client, ...types: string[]) =>
  heard
    .splice(0)
    .filter((frame) => frame.startsWith("{"))
    .map((frame) => JSON.parse(frame))
    .filter(({ type }) => types.includes(type))
    .map(({ type, data }) => [type, data]);

const at = (node: LogNode, userId: string) => node.connect("atomic", "/api/chat/ws?contextId=c", userId);

test("atomic: a user with connections on two nodes joins once and leaves with the last of them", async () => {
  const { nodes, settle } = createNodes("context:c");
  const [bob, cyd] = [await at(nodes[0], "bob"), await at(nodes[1], "cyd")];
  settle();
  for (const one of [bob, cyd]) heard(one);
  const [first, second] = [await at(nodes[0], "ann"), await at(nodes[1], "ann")];
  const ann = { userId: "ann", username: "ann" };
  const toldOfAnn = () => [bob, cyd, second].map((one) => heard(one, "user_joined", "user_left"));
  expect(toldOfAnn()).toEqual([[["user_joined", ann]], [["user_joined", ann]], []]);
  settle();
  first.close();
  expect(toldOfAnn()).toEqual([[], [], []]);
  second.close();
  expect(toldOfAnn().slice(0, 2)).toEqual([[["user_left", ann]], [["user_left", ann]]]);
});

test("atomic: the users of a node that dies leave, unless they are on another one too", async () => {
  const { nodes, settle } = createNodes("context:c");
  const bob = await at(nodes[0], "bob");
  for (const [node, userId] of [[nodes[0], "ann"] as const, [nodes[1], "ann"], [nodes[1], "cyd"]] as const)
    await at(node, userId);
  settle();
  heard(bob);
  nodes[1].die();
  expect(heard(bob, "user_left")).toEqual([["user_left", { userId: "cyd", username: "cyd" }]]);
  expect(nodes[0].core.presence.isOnline("cyd")).toBe(false);
  expect(nodes[0].core.presence.isOnline("ann")).toBe(true);
});

test("atomic: who joins a session is shown the participants on all nodes, and a role is the highest on any of them", async () => {
  const { nodes } = createNodes("session:s");
  const open = (node: LogNode, userId: string) => node.connect("atomic", "/api/collaboration/ws", userId);
  const [ann, bob, too] = [
    await open(nodes[0], "ann"),
    await open(nodes[1], "bob"),
    await open(nodes[1], "ann"),
  ];
  const join = (client: Client, role: string) =>
    client.say({ type: "join_session", data: { sessionId: "s", role } });
  join(ann, "observer");
  join(bob, "participant");
  const participants = [
    { userId: "bob", username: "bob", role: "participant" },
    { userId: "ann", username: "ann", role: "observer" },
  ];
  expect(heard(bob, "session_joined")).toEqual([
    ["session_joined", { sessionId: "s", content: "", version: 0, participants }],
  ]);
  const told = (...types: string[]) => [ann, bob].map((one) => heard(one, "participant_joined", ...types));
  told();
  const raised = [
    "participant_joined",
    { sessionId: "s", userId: "ann", username: "ann", role: "participant" },
  ];
  join(too, "participant");
  expect(told()).toEqual([[raised], [raised]]);
  ann.close();
  expect(told("participant_left")).toEqual([[], []]);
});

test("hyperfocus: viewers of all nodes are counted once each", async () => {
  const { nodes } = createNodes();
  const watch = async (node: LogNode, clientId: string) => {
    const client = await node.connect("hyperfocus", "/", clientId);
    client.say({
      type: "connection:init",
      timestamp: new Date(START).toISOString(),
      payload: { clientId, streamId: "s", clientType: "viewer", capabilities: [], version: "1" },
    });
    return client;
  };
  const first = await watch(nodes[0], "v");
  await watch(nodes[1], "v");
  const third = await watch(nodes[1], "w");
  const counts = (client: Client) =>
    client.heard.splice(0).flatMap((frame) => {
      const { type, payload } = JSON.parse(frame);
      return type === "stream:status" ? [payload.viewerCount] : [];
    });
  for (const { clock, core } of nodes) {
    clock.advance(1_000);
    core.turns.end();
  }
  expect([counts(first).at(-1), counts(third).at(-1)]).toEqual([2, 2]);
  nodes[1].die();
  nodes[0].clock.advance(1_000);
  nodes[0].core.turns.end();
  expect(counts(first)).toEqual([1]);
});

test("what a user types crosses nodes once, and what follows from the log is told by each node", async () => {
  const { nodes, settle } = createNodes("chat:c");
  const [ann, bob] = [
    await nodes[0].connect("gurukul", "/ws", "ann"),
    await nodes[1].connect("gurukul", "/ws", "bob"),
  ];
  const frame = (type: string, data: unknown) => ({ type, data, timestamp: START });
  for (const one of [ann, bob]) one.say(frame("chat_update", { action: "join", chatId: "c" }));
  settle();
  heard(bob);
  const typing = { chatId: "c", userId: "ann", isTyping: true };
  ann.say(frame("typing", typing));
  expect(heard(bob, "typing")).toEqual([["typing", typing]]);
  heard(ann);
  void nodes[0].core.recordRoom("chat:c", "room", { title: "Title" });
  nodes[0].core.turns.end();
  settle();
  for (const one of [ann, bob]) expect(heard(one, "chat_update")).toHaveLength(1);
});

test("the limit of connections holds for all nodes together", async () => {
  const { nodes } = createNodes();
  const enter = (node: LogNode) => node.connect("gurukul", "/ws", "ann");
  for (let n = 1; n <= 3; n++) await enter(nodes[0]);
  expect(nodes[1].core.presence.count("ann")).toBe(3);
  const fourth = await enter(nodes[1]);
  expect(fourth.connection.ending?.code).toBe(4008);
});
