import { expect, test } from "bun:test";
import type { LogNode } from "../../support/log-node.ts";
import { createNodes, join, said } from "../log/nodes.ts";

/** A connection that wants offsets, and resumes the chat after this one, if any. */
async function enter(node: LogNode, userId: string, after?: number) {
  const client = await node.connect("gurukul", "/ws", userId);
  client.connection.offsets = true;
  if (after !== undefined) client.connection.resume = new Map([["chat:c", after]]);
  client.say(join);
  return client;
}

const framesOf = (heard: string[]) =>
  heard
    .splice(0)
    .filter((frame) => frame.startsWith("{"))
    .map((frame) => JSON.parse(frame));

// It was once told that its offset does not exist.
test("who resumes on a node that is behind the one that they come from is told what they missed, once that has caught up", async () => {
  const { nodes, settle } = createNodes(0, 0);
  const [ahead, behind] = nodes;
  void ahead.core.recordRoom("chat:c", "room", { open: true });
  ahead.core.turns.end();
  settle();
  const ada = await enter(ahead, "ada");
  const bob = await enter(ahead, "bob");
  for (const content of ["one", "two", "three"]) {
    bob.say(said(content));
    ahead.advance();
  }
  const [, two] = framesOf(ada.heard).filter(({ type }) => type === "message");

  const again = await enter(behind, "ada", two.offset);
  expect(framesOf(again.heard).map(({ type }) => type)).not.toContain("resumed");
  settle();
  // The next page of a catch-up waits for a turn of the event loop.
  while (again.connection.catchingUp?.size) await new Promise<void>((resolve) => void setImmediate(resolve));
  behind.core.turns.end();
  const told = framesOf(again.heard);
  expect(told.find(({ type }) => type === "resumed")?.data).toMatchObject({
    ...{ room: "chat:c", after: two.offset, until: two.offset + 1, complete: true },
  });
  const contents = told.flatMap(({ type, data }) => (type === "message" ? data.message.content : []));
  expect(contents).toEqual(["three"]);
});
