import { expect, test } from "bun:test";
import { createNodes, join, START, said, typesOf } from "./nodes.ts";

/** Bob is on a node that has not applied what was recorded last. */
async function behind(...recorded: readonly ("member" | "member.removed")[]) {
  const { nodes, settle } = createNodes(0, 0);
  const [first, second] = nodes;
  second!.knows = "behind";
  const bob = await second!.connect("gurukul", "/ws", "bob");
  for (const kind of recorded) {
    second!.advance();
    void first.core.recordRoom("chat:c", kind, { userId: "bob", role: null });
    first.core.turns.end();
    first.advance();
  }
  bob.heard.length = 0;
  const wait = async () => {
    for (let n = 0; n < 20; n++) await null;
    second!.core.turns.end();
  };
  return { nodes, settle, first, second: second!, bob, wait };
}
const refusals = (heard: readonly string[]) =>
  heard.flatMap((frame) => {
    const { type, data } = frame.startsWith("{") ? JSON.parse(frame) : { type: frame };
    return type === "error" ? data.message : [];
  });

test("a node that is behind refuses nobody for want of a membership that it has not applied", async () => {
  const { second, bob, wait, settle } = await behind("member");
  bob.say(join);
  bob.say(said("hello"));
  await wait();
  expect(bob.heard).toEqual([]);
  settle();
  await wait();
  settle();
  expect([...bob.connection.rooms]).toContain("chat:c");
  expect(refusals(bob.heard)).toEqual([]);
  // In the order in which they came.
  expect(typesOf(bob.heard).at(-1)).toBe("message");
  expect(second.faults).toEqual([]);
});

test("once it has caught up it refuses as always; one that does not catch up says that it is busy", async () => {
  const { bob, wait, settle } = await behind("member", "member.removed");
  bob.say(join);
  await wait();
  expect([refusals(bob.heard), [...bob.connection.rooms]]).toEqual([
    [],
    expect.not.arrayContaining(["chat:c"]),
  ]);
  settle();
  await wait();
  const [forbidden] = refusals(bob.heard);
  expect(forbidden).toBeDefined();
  expect(bob.heard.join()).not.toContain('"history"');
  const late = await behind("member");
  late.bob.say(join);
  late.second.giveUp();
  await late.wait();
  const [busy] = refusals(late.bob.heard);
  expect(busy).toBeDefined();
  expect(busy).not.toBe(forbidden);
  expect(late.bob.connection.open).toBe(true);
});

test("who sends too much to a node that is behind is sent to another, and not told that their token is wrong", async () => {
  const { bob, wait } = await behind("member");
  bob.say(join);
  for (let n = 0; n < 300; n++) bob.say(said(`m${n}`));
  await wait();
  expect(refusals(bob.heard)).toEqual([]);
  expect(bob.connection.ending).toEqual({ code: 1012, reason: "Server restart" });
});

test("a node that is behind lets nobody in whose tokens were revoked in what it has not applied", async () => {
  const { first, second, wait, settle } = await behind("member");
  void first.core.revoke("eve", START);
  first.core.turns.end();
  first.advance();
  const eve = second.connect("gurukul", "/ws", "eve");
  await wait();
  expect(second.core.presence.isOnline("eve")).toBe(false);
  settle();
  const { connection, heard } = await eve;
  expect([connection.open, connection.identity]).toEqual([false, undefined]);
  expect(refusals(heard)).toEqual(["Authentication failed"]);
});

test("a node that does not hear of the log lets nobody wait whom it may let in, and refuses nobody at the door before it does", async () => {
  const { nodes, settle } = createNodes(0, 0);
  const [first, second] = nodes;
  second.knows = "in doubt";
  for (const room of ["context:x", "stream:s"])
    void first.core.recordRoom(room, "member", { userId: "bob", role: null });
  first.core.turns.end();
  first.advance();
  const wait = async () => {
    for (let n = 0; n < 20; n++) await null;
    second.core.turns.end();
  };
  const host = (connection: { say(frame: unknown): void }) =>
    connection.say({
      ...{ type: "connection:init", version: "1.0.0", timestamp: new Date(START).toISOString() },
      payload: {
        ...{ clientType: "host", clientId: "c", streamId: "s" },
        token: "bob",
        capabilities: [],
        version: "1",
      },
    });
  const bob = second.connect("atomic", "/api/chat/ws?contextId=x", "bob");
  const guest = second.guest("hyperfocus", "/ws");
  host(guest);
  await wait();
  expect(second.core.presence.isOnline("bob")).toBe(false);
  expect(guest.heard).toEqual([]);
  settle();
  const { connection, heard } = await bob;
  await wait();
  settle();
  expect([connection.open, heard.map((frame) => JSON.parse(frame).type)]).toEqual([true, ["connected"]]);
  expect(guest.heard.map((frame) => JSON.parse(frame).type)).toContain("connection:ack");
  // Somebody whom nothing waits for is let in at once.
  void first.core.recordRoom("context:x", "member.removed", { userId: "bob" });
  first.core.turns.end();
  first.advance();
  const again = await second.connect("atomic", "/api/chat/ws?contextId=x", "bob");
  expect(again.connection.open).toBe(true);
  expect(second.faults).toEqual([]);
});

test("who leaves a group of which this node does not know yet that they are in it has left it, once it knows", async () => {
  const { nodes, settle } = createNodes(0, 0);
  const [first, second] = nodes;
  second.knows = "behind";
  const bob = second.guest("diet", "/api/diet/ws");
  bob.say({ type: "auth", token: "bob", userId: "bob", sessionId: "s" });
  while (!bob.connection.identity) await null;
  second.core.turns.end();
  void first.core.recordRoom("group:g", "member", { userId: "bob", role: null });
  first.core.turns.end();
  first.advance();
  const data = { groupId: "g", userId: "bob", userName: "Bob", leftAt: new Date(START).toISOString() };
  bob.say({ id: "m-1", type: "group.member.left", timestamp: new Date(START).toISOString(), data });
  for (let n = 0; n < 20; n++) await null;
  second.core.turns.end();
  expect(bob.heard.join()).not.toContain("m-1");
  settle();
  for (let n = 0; n < 20; n++) await null;
  second.core.turns.end();
  settle();
  expect(bob.heard.map((frame) => JSON.parse(frame)).find(({ id }) => id === "m-1")).toMatchObject({
    success: true,
  });
  expect(JSON.stringify(first.rows())).toContain("group.member.left");
  expect(second.faults).toEqual([]);
});
