import { expect, test } from "bun:test";
import { applies } from "../../../src/protocols/gurukul/chat.ts";
import { contents, createApplying, entry, told } from "../../support/applying.ts";

const said = (id: string, clientId: string, time: number) =>
  entry({
    ...{ id, room: "chat:1", protocol: "gurukul", kind: "message", clientId, time },
    body: { userId: "ada", role: "user", content: id, messageId: clientId, metadata: {} },
  });
const trim = (id: string, upTo: number) =>
  entry({ id, room: "core:log", protocol: "", kind: "trim", sender: null, body: { upTo } });
const DAY = 86_400_000;

test("two nodes remove what is old at the same place of the log, and so take the same for a repeat", () => {
  const nodes = [createApplying(applies), createApplying(applies)] as const;
  for (const node of nodes) node.turn(said("e1", "m1", 0));
  const outcomes = nodes.map((node, index) => {
    if (index === 0) node.restart();
    const before = told(node.turn(said("e2", "m1", 31 * DAY))[0]);
    node.turn(trim("e3", 1));
    if (index === 1) node.restart();
    return [before, told(node.turn(said("e4", "m1", 31 * DAY))[0])];
  });
  expect(outcomes[0]).toEqual(["repeated 1", "applied 2"]);
  expect(outcomes[1]).toEqual(outcomes[0]!);
  // Ids of rows are a node's own.
  const rows = nodes.map(({ database }) => [
    contents(database)["rooms"],
    database.client.query("select position, ordinal, offset, count, entry, body from events").all(),
  ]);
  expect(rows[0]).toEqual(rows[1]!);
});

test("what remains of removed rooms on one node alone shifts no step of another", () => {
  const nodes = [createApplying(applies), createApplying(applies)] as const;
  for (const node of nodes) {
    node.turn(...Array.from({ length: 150 }, (_, n) => said(`e${n}`, `m${n}`, n)));
    node.turn(entry({ id: "gone", room: "chat:1", protocol: "", kind: "room.removed", sender: null }));
    node.turn(...Array.from({ length: 150 }, (_, n) => said(`f${n}`, `m${n}`, n)));
  }
  // Cleared in a node's own time.
  nodes[0].database.client.run("delete from events where room_id = 1");
  for (const node of nodes) node.turn(trim("t", 301));
  const left = nodes.map(({ database }) => database.client.query("select count(*) from events").values());
  expect(left).toEqual([[[0]], [[0]]]);
});
