// Runs in the copy of the server that has the contract of docs/adding-a-contract.md, as a file of tests.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { LogNode } from "../support/log-node.ts";
import { SharedLog } from "../support/shared-log.ts";

const START = Date.UTC(2026, 0, 1);
const USERS = ["ada", "bob", "eve"];

const move = fc.record({
  what: fc.constantFrom("vote", "vote", "vote", "advance", "advance", "restart", "skip", "trim"),
  who: fc.nat(60),
  choice: fc.constantFrom("Soup", "Bread", "Rice"),
  much: fc.integer({ min: 1, max: 6 }),
});
const skew = fc.integer({ min: -10_000, max: 10_000 });

test("a contract that follows the guide has the same votes on every node, and tells the same", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(move, { minLength: 5, maxLength: 40, size: "max" }),
      fc.array(skew, { minLength: 4, maxLength: 4 }),
      async (moves, skews) => {
        const log = new SharedLog();
        const nodes = skews.map((skew) => new LogNode(log, START + skew));
        const settle = () => {
          while (nodes.map((node) => node.advance()).some((applied) => applied > 0));
        };
        const [first] = nodes as [LogNode, ...LogNode[]];
        for (const userId of USERS)
          void first.core.recordRoom("poll:lunch", "member", { userId, role: null });
        first.core.turns.end();
        settle();
        const enter = (node: LogNode, userId: string) => node.connect("poll", "/api/poll/ws", userId);
        // Two nodes where people vote, and two where somebody only listens.
        const served = nodes.slice(0, 2);
        const voters = await Promise.all(served.map((node, n) => enter(node, USERS[n]!)));
        const listeners = await Promise.all(nodes.slice(2).map((node) => enter(node, "eve")));
        for (const [n, { what, who, choice, much }] of moves.entries()) {
          const at = who % served.length;
          const node = nodes[who % nodes.length]!;
          if (what === "vote") voters[at]!.say({ type: "vote", id: `v${n % 7}`, pollId: "lunch", choice });
          else if (what === "advance") node.advance(much);
          else if (what === "skip") served[at]!.clock.advance(much * 100);
          else if (what === "trim") node.core.trim(Math.max(0, node.position - much), () => {});
          else {
            served[at]!.restart();
            voters[at] = await enter(served[at]!, USERS[at]!);
          }
        }
        settle();
        for (const node of nodes) expect(node.rows()).toEqual(first.rows());
        expect(nodes.flatMap(({ faults }) => faults)).toEqual([]);
        expect(listeners[1]!.heard).toEqual(listeners[0]!.heard);
        const stored = log.batches.filter((batch) => batch.includes('"kind":"vote"')).length;
        if (stored > 0) expect(listeners[0]!.heard.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 15 },
  );
}, 120_000);
