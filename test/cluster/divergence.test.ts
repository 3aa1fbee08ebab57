import { expect, test } from "bun:test";
import { Divergence, MARK } from "../../src/cluster/divergence.ts";

function createNodes(...others: string[]) {
  const differed: [number, boolean][] = [];
  const divergence = new Divergence({
    others: () => others,
    differs: (...difference) => differed.push(difference),
  });
  return { differed, divergence };
}

test("a node whose hash is another than that of the majority says so, once", () => {
  const { differed, divergence } = createNodes("b", "c");
  divergence.own({ position: 7, hash: "wrong" });
  divergence.heard("b", { position: 7, hash: "right" });
  expect(differed).toEqual([]);
  divergence.heard("c", { position: 7, hash: "right" });
  divergence.heard("c", { position: 8, hash: "right" });
  divergence.own({ position: 8, hash: "wrong" });
  expect(differed).toEqual([[7, true]]);
});

test("the others say nothing of a node that differs from them, nor do nodes that are alike", () => {
  const { differed, divergence } = createNodes("b", "c");
  divergence.heard("b", { position: 7, hash: "right" });
  divergence.heard("c", { position: 7, hash: "wrong" });
  divergence.own({ position: 7, hash: "right" });
  divergence.heard("b", { position: 9, hash: "same" });
  divergence.own({ position: 9, hash: "same" });
  expect(differed).toEqual([]);
});

test("where no hash has the majority, each node says that they differ, and none that it is the odd one", () => {
  const { differed, divergence } = createNodes("b");
  divergence.own({ position: 7, hash: "one" });
  divergence.heard("b", { position: 7, hash: "two" });
  expect(differed).toEqual([[7, false]]);
});

test("nodes that are never heard of at the same position are compared at every thousandth", () => {
  const { differed, divergence } = createNodes("b", "c");
  for (const id of ["b", "c"]) divergence.heard(id, { position: 2 * MARK, hash: "right" });
  for (let position = 1; position <= 2 * MARK; position++)
    divergence.applied(position, () => `wrong ${position}`);
  expect(divergence.mark).toEqual({ position: 2 * MARK, hash: `wrong ${2 * MARK}` });
  expect(differed).toEqual([[2 * MARK, true]]);
});

test("what a node that is gone has said does not count", () => {
  const others = new Set(["b", "c"]);
  const differed: unknown[] = [];
  const divergence = new Divergence({ others: () => others, differs: (...one) => differed.push(one) });
  divergence.heard("b", { position: 7, hash: "right" });
  others.delete("b");
  divergence.gone("b");
  divergence.heard("c", { position: 7, hash: "mine" });
  divergence.own({ position: 7, hash: "mine" });
  expect(differed).toEqual([]);
});
