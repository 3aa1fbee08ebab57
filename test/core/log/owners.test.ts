import { expect, test } from "bun:test";
import { from, ROOM } from "../../protocols/hyperfocus/frames.ts";
import { LogNode } from "../../support/log-node.ts";
import { SharedLog } from "../../support/shared-log.ts";

const START = Date.UTC(2026, 0, 1);
const STEP_MS = 20;

/** Nodes that hear of each other, on one log. */
function createNodes(count: number) {
  const log = new SharedLog();
  const nodes = Array.from({ length: count }, () => new LogNode(log, START, true));
  const settle = () => {
    while (nodes.map((node) => node.advance()).some((applied) => applied > 0));
  };
  return {
    ...{ nodes, settle },
    pass(ms: number) {
      for (let passed = 0; passed < ms; passed += STEP_MS) {
        for (const { clock } of nodes) clock.advance(STEP_MS);
        settle();
      }
    },
    kill(node: LogNode) {
      nodes.splice(nodes.indexOf(node), 1);
      node.core.stop();
      node.die();
    },
    ownerOf: (work: string) => nodes.find(({ core }) => core.rank(work) === 0)!,
    /** Entries of a kind that are in the log. */
    count: (kind: string) =>
      log.batches
        .flatMap((batch): { kind: string }[] => JSON.parse(batch).entries)
        .filter((entry) => entry.kind === kind).length,
  };
}

const post = async ({ core }: LogNode, room: string, channelId: string, term?: number): Promise<unknown> => {
  const data = { guildId: "g", channelId, name: "a room", type: "voice" };
  const posted = core.post("discord", [
    { to: { room }, type: "room.deleted", data, id: `${channelId} ${term}`, term },
  ]);
  core.turns.end();
  return posted;
};

const give = ({ core }: LogNode, count: number): void => {
  const posts = Array.from({ length: count }, (_, n) => {
    const giftId = `g${n}`;
    return { to: { room: ROOM }, type: "gift:received", data: { ...from(`u${n}`), giftId }, id: giftId };
  });
  void core.post("hyperfocus", posts);
  core.turns.end();
};

test("of three nodes one releases the gifts of a stream; when it dies, the next does within two seconds", () => {
  const { count, kill, nodes, ownerOf, pass, settle } = createNodes(3);
  // Three at once, then three a second.
  give(nodes[0]!, 15);
  settle();
  pass(2_500);
  expect(count("release")).toBe(2);
  kill(ownerOf(ROOM));
  pass(2_500);
  expect(count("release")).toBe(4);
  pass(10_000);
  expect(count("release")).toBe(4);
});

test("when the node that should release gifts is alive and does not, the next does", () => {
  const { count, nodes, ownerOf, pass, settle } = createNodes(2);
  give(nodes[0]!, 9);
  settle();
  ownerOf(ROOM).core.stop();
  pass(3 * 1_020 + 3 * 500);
  expect(count("release")).toBe(2);
});

test("what a node posts that was held up, and has a successor, is refused on every node, restarted or not", async () => {
  const { nodes, settle } = createNodes(2);
  const [old, successor] = nodes as [LogNode, LogNode];
  const posting = (node: LogNode, channelId: string, term?: number) => {
    const posted = post(node, "guild:g", channelId, term).then(
      () => "stored",
      ({ reason }) => reason,
    );
    settle();
    return posted;
  };
  expect(await posting(old, "1", 5)).toBe("stored");
  expect(await posting(successor, "2", 9)).toBe("stored");
  expect(await posting(old, "3", 5)).toBe("forbidden");
  expect(await posting(successor, "4", 9)).toBe("stored");
  // Backends have no term.
  expect(await posting(old, "5")).toBe("stored");
  old.restart();
  expect(await posting(old, "6", 5)).toBe("forbidden");
  expect(old.rows()).toEqual(successor.rows());
});
