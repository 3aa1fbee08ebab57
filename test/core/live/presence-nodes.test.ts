import { expect, test } from "bun:test";
import { LogNode } from "../../support/log-node.ts";
import { SharedLog } from "../../support/shared-log.ts";

const START = Date.UTC(2026, 0, 1);
const AT = new Date(START).toISOString();

type Client = Awaited<ReturnType<LogNode["connect"]>>;

/** Two nodes that hear of each other, where ann and bob are friends. */
async function createNodes() {
  const log = new SharedLog();
  const nodes = [new LogNode(log, START, true), new LogNode(log, START, true)] as const;
  const settle = () => {
    while (nodes.map((node) => node.advance()).some((applied) => applied > 0));
  };
  const [ann, bob] = [await enter(nodes[0], "ann"), await enter(nodes[0], "bob")];
  const request = { requestId: "r", fromUserId: "ann", fromUserName: "Ann", toUserId: "bob", sentAt: AT };
  say(ann, "friend.request", request);
  settle();
  const accepted = { friendshipId: "f", userId: "bob", friendId: "ann", friendName: "Ann", acceptedAt: AT };
  say(bob, "friend.accepted", accepted);
  settle();
  for (const one of [ann, bob]) one.close();
  /** What the nodes do here they hear of each other only afterwards, and then what each has made of that. */
  const atOnce = (work: () => void) => {
    for (const node of nodes) log.linked.delete(node);
    work();
    for (let round = 1; round <= 2; round++) {
      const said = nodes.map(({ core }) => [...core.rosters.said()]);
      for (const [at, { core }] of nodes.entries()) {
        core.rosters.heardAll(nodes[1 - at]!.id, said[1 - at]!);
        core.turns.end();
      }
    }
    for (const node of nodes) log.linked.add(node);
  };
  return { nodes, settle, atOnce };
}

const enter = (node: LogNode, userId: string) => node.connect("diet", "/api/diet/ws", userId);
const say = (client: Client, type: string, data: object) =>
  client.say({ id: crypto.randomUUID(), type, timestamp: AT, data });
const show = (client: Client, status: string) =>
  say(client, "user.presence", { userId: "ann", status, lastSeen: AT });

/** The last status of ann that the client was shown. */
const shownTo = ({ heard }: Client) =>
  heard
    .filter((frame) => frame.startsWith("{"))
    .map((frame) => JSON.parse(frame))
    .filter(({ type, data, success }) => type === "user.presence" && data?.userId === "ann" && !success)
    .at(-1)?.data.status;

test.each([
  ["away", "busy"],
  ["busy", "away"],
])(
  "diet: a user who shows %s and %s on two nodes at once shows one of them everywhere",
  async (one, other) => {
    const { nodes, settle, atOnce } = await createNodes();
    const [laptop, phone] = [await enter(nodes[0], "ann"), await enter(nodes[1], "ann")];
    const bobs = [await enter(nodes[0], "bob"), await enter(nodes[1], "bob")];
    settle();
    atOnce(() => {
      show(laptop, one);
      show(phone, other);
    });
    const [first, second] = bobs.map(shownTo);
    expect([one, other]).toContain(first);
    expect(second).toBe(first);
    /** Friends who come later, on each node. */
    const later = async () => {
      for (const bob of bobs.splice(0)) bob.close();
      for (const node of nodes) bobs.push(await enter(node, "bob"));
      return bobs.map(shownTo);
    };
    expect(await later()).toEqual([first, first]);
    phone.close();
    expect(await later()).toEqual([first, first]);
  },
);
