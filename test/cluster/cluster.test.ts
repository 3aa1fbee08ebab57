import { expect, test } from "bun:test";
import { REMEMBERED_MS } from "../../src/cluster/cluster.ts";
import { CHUNK } from "../../src/cluster/roster-sync.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { Nodes } from "./nodes.ts";

test("what a connection says on one node is known on the others, and no longer when it goes", async () => {
  const nodes = new Nodes();
  const [a, b, c] = [nodes.start("a"), nodes.start("b"), nodes.start("c")];
  a.say("ann", 1);
  await nodes.pass(20);
  expect([b.others(), c.others()]).toEqual([["ann"], ["ann"]]);
  a.say("ann");
  await nodes.pass(20);
  expect([a.others(), b.others(), c.others()]).toEqual([[], [], []]);
});

test("a node that comes later asks for everything, in parts", async () => {
  const nodes = new Nodes();
  const a = nodes.start("a");
  for (let n = 0; n < 2 * CHUNK + 1; n++) a.say(`user ${n}`, n);
  await nodes.pass(20);
  const b = nodes.start("b");
  await nodes.pass(50);
  expect(b.others()).toHaveLength(2 * CHUNK + 1);
  a.say("late", 1);
  await nodes.pass(20);
  expect(b.others()).toContain("late");
});

test("a change that was lost is noticed, and asked for", async () => {
  const nodes = new Nodes();
  const [a, b] = [nodes.start("a"), nodes.start("b")];
  a.transport.loses = ".roster";
  a.say("ann", 1);
  await nodes.pass(20);
  a.transport.loses = undefined;
  expect(b.others()).toEqual([]);
  a.say("bob", 1);
  await nodes.pass(20);
  expect(b.others()).toEqual(["ann", "bob"]);
  a.transport.loses = ".roster";
  a.say("ann");
  await nodes.pass(20);
  // The next heartbeat tells that something is missing.
  await nodes.pass(500);
  expect(b.others()).toEqual(["bob"]);
});

test("a node that is silent for three heartbeats is gone with all that it said; one that leaves, at once", async () => {
  const nodes = new Nodes();
  const [a, b, c] = [nodes.start("a"), nodes.start("b"), nodes.start("c")];
  a.say("ann", 1);
  c.say("cyd", 1);
  await nodes.pass(600);
  c.cluster.stop();
  expect(b.others()).toEqual(["ann"]);
  a.transport.isConnected = false;
  await nodes.pass(900);
  expect(b.others()).toEqual(["ann"]);
  await nodes.pass(1_100);
  expect(b.others()).toEqual([]);
  expect(b.notes).toEqual(["a node is gone", "a node is gone"]);
});

test("a node that is cut off takes nobody for gone, and knows everything again when it is back", async () => {
  const nodes = new Nodes();
  const [a, b] = [nodes.start("a"), nodes.start("b")];
  a.say("ann", 1);
  b.say("bob", 1);
  await nodes.pass(600);
  b.transport.isConnected = false;
  await nodes.pass(5_000);
  expect(b.others()).toEqual(["ann"]);
  expect(a.others()).toEqual([]);
  a.say("eve", 1);
  b.say("fay", 1);
  b.transport.isConnected = true;
  await nodes.pass(1_000);
  expect(b.others()).toEqual(["ann", "eve"]);
  expect(a.others()).toEqual(["bob", "fay"]);
  expect(b.changes).not.toContain("-ann");
});

test("a node that was held up comes back under another id, with all that its connections say", async () => {
  const nodes = new Nodes();
  const slow = new FakeClock();
  const [a, b] = [nodes.start("a"), nodes.start("b", slow)];
  a.say("ann", 1);
  b.say("bob", 1);
  slow.advance(10);
  await nodes.pass(20);
  expect(a.others()).toEqual(["bob"]);
  // Its clock goes on, and nothing of it runs.
  await nodes.pass(8_000);
  slow.jump(8_000);
  expect(a.others()).toEqual([]);
  const [before] = a.cluster.peers;
  slow.advance(500);
  await nodes.pass(20);
  expect(a.others()).toEqual(["bob"]);
  expect(b.others()).toEqual(["ann"]);
  expect(a.cluster.peers.map(({ id }) => id)).not.toContain(before?.id ?? "b-2");
  expect(b.changes).toEqual(["+ann"]);
});

test("each work has one first node, alike on all; when that node goes or stops, it is another one's, and no other work moves", async () => {
  const nodes = new Nodes();
  const all = [nodes.start("a"), nodes.start("b"), nodes.start("c")];
  await nodes.pass(20);
  const works = Array.from({ length: 60 }, (_, n) => `stream:${n}`);
  const ranks = (work: string, of = all) => of.map(({ cluster }) => cluster.bus.rank(work));
  for (const work of works) expect(ranks(work).toSorted()).toEqual([0, 1, 2]);
  const ownerOf = (work: string) => ranks(work).indexOf(0);
  const owners = works.map(ownerOf);
  expect(new Set(owners)).toEqual(new Set([0, 1, 2]));
  const [a, b, c] = all;
  c!.isDraining = true;
  await nodes.pass(500);
  for (const work of works) expect(ranks(work)[2]).toBe(2);
  c!.transport.isConnected = false;
  await nodes.pass(2_500);
  for (const [n, work] of works.entries()) {
    expect(ranks(work, [a!, b!]).toSorted()).toEqual([0, 1]);
    if (owners[n] !== 2) expect(ownerOf(work)).toBe(owners[n]!);
  }
});

test("a node that has made something else of the log than the others is told so by their heartbeats", async () => {
  const nodes = new Nodes();
  const all = [nodes.start("a"), nodes.start("b"), nodes.start("c")];
  for (const node of all) Object.assign(node, { position: 5, hash: "right" });
  all[1]!.hash = "wrong";
  await nodes.pass(1_100);
  expect(all.map(({ differed }) => differed)).toEqual([[], [[5, true]], []]);
});

test("what is written is what the oldest live node reads, until it has left, or was silent for five minutes", async () => {
  const nodes = new Nodes();
  const start = (name: string, reads: number) => {
    const node = nodes.create(name, nodes.clock, reads);
    node.join();
    return node;
  };
  const [a, b, old] = [start("a", 3), start("b", 2), start("old", 1)];
  await nodes.pass(20);
  const level = () => a.cluster.writeLevel;
  expect([level(), b.cluster.writeLevel, old.cluster.writeLevel]).toEqual([1, 1, 1]);
  old.cluster.stop();
  expect(level()).toBe(2);
  // One that still catches up will join.
  const newcomer = nodes.create("old again", nodes.clock, 1);
  const joined = newcomer.cluster.announce();
  expect(level()).toBe(1);
  newcomer.join();
  joined();
  await nodes.pass(500);
  newcomer.transport.isConnected = false;
  await nodes.pass(3_000);
  expect(a.cluster.peers.map(({ name }) => name)).toEqual(["b"]);
  expect(level()).toBe(1);
  nodes.clock.jump(REMEMBERED_MS);
  expect(level()).toBe(3);
});

test("what every live node has applied is told of the slowest, also of one that still catches up", async () => {
  const nodes = new Nodes();
  const [a, b] = [nodes.start("a"), nodes.start("b")];
  a.position = 9;
  b.position = 7;
  await nodes.pass(500);
  expect(a.cluster.appliedByAll).toBe(7);
  b.cluster.stop();
  expect(a.cluster.appliedByAll).toBe(9);
  const newcomer = nodes.create("c");
  newcomer.position = 3;
  const joined = newcomer.cluster.announce();
  expect(a.cluster.appliedByAll).toBe(3);
  newcomer.position = 5;
  await nodes.pass(500);
  expect(a.cluster.appliedByAll).toBe(5);
  joined();
  await nodes.pass(1_500);
  expect(a.cluster.appliedByAll).toBe(9);
  // One that can apply nothing more would keep the log from being purged until it is full.
  const odd = nodes.start("odd");
  odd.position = 2;
  await nodes.pass(500);
  expect(a.cluster.appliedByAll).toBe(2);
  odd.isDraining = true;
  await nodes.pass(500);
  expect(a.cluster.appliedByAll).toBe(9);
});

test("a relayed frame waits until what was said before it is applied here, at most a second", async () => {
  const nodes = new Nodes();
  const [a, b] = [nodes.start("a"), nodes.start("b")];
  a.position = 5;
  b.position = 4;
  a.cluster.bus.relay("room", "stopped typing");
  a.cluster.bus.relay("nobody's room", "unheard");
  expect(b.frames).toEqual([]);
  b.position = 5;
  b.cluster.committed();
  expect(b.frames).toEqual(["stopped typing"]);
  a.position = 9;
  a.cluster.bus.relay("room", "late");
  await nodes.pass(990);
  expect(b.frames).toHaveLength(1);
  await nodes.pass(20);
  expect(b.frames).toEqual(["stopped typing", "late"]);
  expect(a.frames).toEqual([]);
});

test("what is relayed by a node that is cut off is of that moment: it is dropped, and counted", async () => {
  const nodes = new Nodes();
  const [a, b] = [nodes.start("a"), nodes.start("b")];
  a.transport.isConnected = false;
  a.cluster.bus.relay("room", "typing");
  a.transport.isConnected = true;
  await nodes.pass(100);
  expect(b.frames).toEqual([]);
  expect(a.cluster.relays.dropped).toBe(1);
});

test("a question gathers the answers of the live nodes, and says who has given none within a second", async () => {
  const nodes = new Nodes();
  const [a, b] = [nodes.start("a"), nodes.start("b"), nodes.start("c")];
  b.transport.isConnected = false;
  const gathered = a.cluster.ask<string>("name", null);
  await nodes.pass(1_000);
  expect(await gathered).toEqual({ answers: [{ node: "c", answer: "c" }], silent: ["b"] });
});

test("what was applied here is waited for on the other nodes, for two seconds", async () => {
  const nodes = new Nodes();
  const [a, b, c] = [nodes.start("a"), nodes.start("b"), nodes.start("c")];
  for (const node of [a, b, c]) node.position = 7;
  a.position = 8;
  const applied = a.cluster.appliedEverywhere();
  await nodes.pass(500);
  b.position = 8;
  b.cluster.committed();
  await nodes.pass(1_500);
  expect(await applied).toEqual(["c"]);
});
