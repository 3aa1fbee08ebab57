import { expect, test } from "bun:test";
import { LogNode } from "../../support/log-node.ts";
import { SharedLog } from "../../support/shared-log.ts";

const START = Date.UTC(2026, 0, 1);

type Client = Awaited<ReturnType<LogNode["connect"]>>;

/** Two nodes that hear of each other. */
function createNodes() {
  const log = new SharedLog();
  const nodes = [new LogNode(log, START, true), new LogNode(log, START, true)] as const;
  for (const room of ["chat:c", "context:c"]) void nodes[0].core.recordRoom(room, "room", { open: true });
  nodes[0].core.turns.end();
  const settle = () => {
    while (nodes.map((node) => node.advance()).some((applied) => applied > 0));
  };
  settle();
  return { nodes, settle };
}

interface Dialect {
  /** A connection whose user hears who types. */
  enter(node: LogNode, userId: string): Promise<Client>;
  /** What the client sends. */
  typing(userId: string, isTyping: boolean): object;
  /** Who was shown as typing, or no longer, since the client was asked last. */
  heard(client: Client): unknown[];
}

const framesOf = ({ heard }: Client) =>
  heard
    .splice(0)
    .filter((frame) => frame.startsWith("{"))
    .map((frame) => JSON.parse(frame));
const shown = ({ userId, isTyping }: { userId: string; isTyping: boolean }) => [userId, isTyping];

const contracts: Record<string, Dialect> = {
  gurukul: {
    async enter(node, userId) {
      const client = await node.connect("gurukul", "/ws", userId);
      client.say({ type: "chat_update", data: { action: "join", chatId: "c" }, timestamp: START });
      return client;
    },
    typing: (userId, isTyping) => ({
      ...{ type: "typing", timestamp: START },
      data: { chatId: "c", userId, isTyping },
    }),
    heard: (client) => framesOf(client).flatMap(({ type, data }) => (type === "typing" ? [shown(data)] : [])),
  },
  atomic: {
    enter: (node, userId) => node.connect("atomic", "/api/chat/ws?contextId=c", userId),
    typing: (_, isTyping) => ({ type: "typing", data: { isTyping } }),
    heard: (client) => framesOf(client).flatMap(({ type, data }) => (type === "typing" ? [shown(data)] : [])),
  },
  diet: {
    enter: (node, userId) => node.connect("diet", "/api/diet/ws", userId),
    typing: (userId, isTyping) => ({
      ...{ id: crypto.randomUUID(), type: "typing.indicator", timestamp: new Date(START).toISOString() },
      data: { userId, isTyping, conversationId: "dm:ann:bob" },
    }),
    heard: (client) =>
      framesOf(client).flatMap(({ type, data }) => (type === "typing.indicator" ? [shown(data)] : [])),
  },
};

const each = test.each(Object.entries(contracts));

each(
  "%s: who types on a node that dies is no longer shown as typing",
  async (_, { enter, typing, heard }) => {
    const { nodes, settle } = createNodes();
    const [ann, bob] = [await enter(nodes[1], "ann"), await enter(nodes[0], "bob")];
    settle();
    ann.say(typing("ann", true));
    expect(heard(bob)).toEqual([["ann", true]]);
    nodes[1].die();
    expect(heard(bob)).toEqual([["ann", false]]);
  },
);

each("%s: who has stopped typing before the node dies is not told of again", async (_, dialect) => {
  const { nodes, settle } = createNodes();
  const { enter, typing, heard } = dialect;
  const [ann, bob] = [await enter(nodes[1], "ann"), await enter(nodes[0], "bob")];
  settle();
  for (const isTyping of [true, false]) ann.say(typing("ann", isTyping));
  ann.say(typing("ann", true));
  ann.close();
  nodes[1].die();
  const [on, off] = [
    ["ann", true],
    ["ann", false],
  ];
  expect(heard(bob)).toEqual([on, off, on, off]);
});

test.each(["atomic", "diet"])(
  "%s: who goes on typing on another node is still shown as typing",
  async (name) => {
    const { nodes, settle } = createNodes();
    const { enter, typing, heard } = contracts[name]!;
    const [laptop, phone] = [await enter(nodes[0], "ann"), await enter(nodes[1], "ann")];
    const bob = await enter(nodes[0], "bob");
    settle();
    for (const device of [laptop, phone]) device.say(typing("ann", true));
    heard(bob);
    const silence = (node: LogNode) => {
      node.clock.advance(5_000);
      node.core.turns.end();
    };
    silence(nodes[0]);
    expect(heard(bob)).toEqual([]);
    silence(nodes[1]);
    expect(heard(bob)).toEqual([["ann", false]]);
  },
);

test("gurukul: a user who types on two nodes and leaves one of them is still shown as typing", async () => {
  const { nodes, settle } = createNodes();
  const { enter, typing, heard } = contracts["gurukul"]!;
  const [laptop, phone] = [await enter(nodes[0], "ann"), await enter(nodes[1], "ann")];
  const bob = await enter(nodes[0], "bob");
  settle();
  for (const device of [laptop, phone]) device.say(typing("ann", true));
  heard(bob);
  phone.close();
  expect(heard(bob)).toEqual([]);
  laptop.close();
  expect(heard(bob)).toEqual([["ann", false]]);
});

/** An asker on the second node, whose agent never answers, and somebody who hears the chat on the first one. */
async function asked() {
  const { nodes, settle } = createNodes();
  const { enter, heard } = contracts["gurukul"]!;
  const [ann, bob] = [await enter(nodes[1], "ann"), await enter(nodes[0], "bob")];
  settle();
  nodes[1].answer = ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
  const question = { chatId: "c", content: "Why?", agentId: "guide" };
  ann.say({ type: "message", data: question, timestamp: START });
  settle();
  expect(heard(bob)).toEqual([["assistant", true]]);
  return { ann, dies: () => nodes[1].die(), settle, heard: () => heard(bob) };
}

test("gurukul: the agent of a node that dies is no longer shown as typing", async () => {
  const { dies, heard } = await asked();
  dies();
  expect(heard()).toEqual([["assistant", false]]);
});

test("gurukul: the agent stops typing for the others when nobody of its node is left in the chat", async () => {
  const { ann, settle, heard } = await asked();
  ann.close();
  for (let n = 0; n < 10; n++) await null;
  settle();
  expect(heard()).toEqual([["assistant", false]]);
});
