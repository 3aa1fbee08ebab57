import { beforeEach, expect, test } from "bun:test";
import { type Link, SessionStage } from "../../support/session-stage.ts";

let stage: SessionStage;
beforeEach(() => {
  stage = new SessionStage();
});

const MANY = Array.from({ length: 200 }, (_, n) => `s-${n}`);
/** How often the session was read from the store. */
const reads = (sessionId: string) => stage.read.filter((room) => room === `session:${sessionId}`).length;

function say(link: Link, type: string, data: object): void {
  link.toServer.push(JSON.stringify({ type, data }));
  stage.deliver(link);
}
const join = (link: Link, sessionId: string) => say(link, "join_session", { sessionId, role: "participant" });
const edit = (link: Link, sessionId: string) =>
  say(link, "edit", { sessionId, operation: "insert", position: 0, content: "x", version: 0 });

/** Comes, joins and edits. */
async function visit(sessionId: string): Promise<Link> {
  const link = await stage.connect("visitor");
  join(link, sessionId);
  edit(link, sessionId);
  stage.endTurn();
  return link;
}
const comeAndGo = async (sessions: readonly string[]) => {
  for (const sessionId of sessions) stage.cut(await visit(sessionId));
};

test("a session that somebody is in stays in memory, and when all have left it goes", async () => {
  const stays = await visit("stays");
  await comeAndGo(MANY);
  edit(stays, "stays");
  stage.endTurn();
  expect(reads("stays")).toBe(1);
  expect(reads("s-0")).toBe(1);
  stage.cut(stays);
  await comeAndGo(MANY);
  expect(reads("s-0")).toBe(2);
  await visit("stays");
  expect(reads("stays")).toBe(2);
  expect(stage.faults).toEqual([]);
});

test("the last words of many who close at once bring nothing into memory that stays there", async () => {
  const links = new Map<string, Link>();
  for (const sessionId of MANY) links.set(sessionId, await visit(sessionId));
  for (const [sessionId, link] of links) {
    edit(link, sessionId);
    stage.cut(link);
  }
  stage.endTurn();
  await comeAndGo(MANY.map((sessionId) => `other-${sessionId}`));
  stage.read.length = 0;
  await comeAndGo(MANY);
  expect(stage.read).toHaveLength(MANY.length);
});

test("neither does a join of somebody who is gone before it is done", async () => {
  for (const sessionId of MANY) {
    const link = await stage.connect("visitor");
    join(link, sessionId);
    stage.cut(link);
    stage.endTurn();
  }
  stage.read.length = 0;
  await comeAndGo(MANY);
  expect(stage.read).toHaveLength(MANY.length);
});
