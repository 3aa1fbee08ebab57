import { expect, test } from "bun:test";
import fc from "fast-check";
import type { LogNode } from "../../support/log-node.ts";
import { createNodes, join, START, said, typesOf } from "./nodes.ts";

test("what is said on one node is heard on the other, and confirmed only where it was said", async () => {
  const { nodes, settle } = createNodes(0, 10_000);
  void nodes[0].core.recordRoom("chat:c", "room", { open: true });
  nodes[0].core.turns.end();
  settle();
  const ada = await nodes[0].connect("gurukul", "/ws", "ada");
  const bob = await nodes[1].connect("gurukul", "/ws", "bob");
  for (const one of [ada, bob]) one.say(join);
  settle();
  for (const one of [ada, bob]) one.heard.length = 0;
  ada.say(said("hello"));
  expect(ada.heard).toEqual([]);
  settle();
  expect(typesOf(bob.heard)).toContain("message");
  expect(bob.heard.filter((frame) => frame.includes('"message"'))).toEqual(
    ada.heard.filter((frame) => frame.includes('"message"')),
  );
  expect(nodes.flatMap(({ faults }) => faults)).toEqual([]);
});

test("a member who is removed on one node is put out on the other, and revoking a user ends their connection there", async () => {
  const { nodes, settle } = createNodes(0, 0);
  for (const userId of ["ada", "bob"]) {
    void nodes[0].core.recordRoom("chat:c", "member", { userId, role: null });
  }
  nodes[0].core.turns.end();
  settle();
  const bob = await nodes[1].connect("gurukul", "/ws", "bob");
  bob.say(join);
  settle();
  expect([...bob.connection.rooms]).toContain("chat:c");
  void nodes[0].core.recordRoom("chat:c", "member.removed", { userId: "bob" });
  nodes[0].core.turns.end();
  settle();
  expect([...bob.connection.rooms]).not.toContain("chat:c");
  void nodes[0].core.revoke("bob", START);
  nodes[0].core.turns.end();
  settle();
  expect(bob.connection.ending?.code).toBe(4004);
});

const move = fc.record({
  node: fc.nat(1),
  what: fc.constantFrom("say", "say", "say", "advance", "advance", "restart", "skip", "trim"),
  text: fc.integer({ min: 0, max: 5 }),
});

test("nodes that act, lag and restart in any order end with the same rows, and clients hear everything once, in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 40, size: "max" }), async (moves) => {
      const { nodes, settle } = createNodes(0, 10_000);
      void nodes[0].core.recordRoom("chat:c", "room", { open: true });
      nodes[0].core.turns.end();
      settle();
      const enter = async (node: LogNode, name: string) => {
        const one = await node.connect("gurukul", "/ws", name);
        one.say(join);
        return one;
      };
      const people = [await enter(nodes[0], "ada"), await enter(nodes[1], "bob")];
      for (const { node: at, what, text } of moves) {
        const node = nodes[at]!;
        if (what === "say") people[at]!.say(said(`${text}`, `m-${at}-${text}`));
        else if (what === "advance") node.advance(1);
        else if (what === "trim") node.core.trim(Math.max(0, node.position - text), () => {});
        else if (what === "skip") node.clock.advance(text * 100);
        else {
          node.restart();
          people[at] = await enter(node, at === 0 ? "ada" : "bob");
        }
      }
      settle();
      expect(nodes[1].rows()).toEqual(nodes[0].rows());
      expect(nodes.flatMap(({ faults }) => faults)).toEqual([]);
      for (const { connection, heard } of people) {
        // A repeat is confirmed to its sender again, wherever it was; what others say comes once and in order.
        const offsets = heard.flatMap((frame) => {
          const { type, data } = JSON.parse(frame);
          const isOthers = type === "message" && data.message.userId !== connection.identity?.userId;
          return isOthers ? [Number(data.message.id.split("-").at(-1))] : [];
        });
        expect(offsets).toEqual([...new Set(offsets)].toSorted((a, b) => a - b));
      }
    }),
    { numRuns: 20 },
  );
}, 60_000);
