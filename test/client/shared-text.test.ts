import { afterEach, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { isInsideCharacter } from "../../packages/client/src/change.ts";
import { CollaborationWebSocketClient } from "../../packages/client/src/index.ts";
import { eventually } from "../support/eventually.ts";
import { startTestServer } from "../support/server.ts";
import { SessionStage } from "../support/session-stage.ts";
import { StageAuthor } from "./session-crowd.ts";

const SESSION = "s1";
let stage: SessionStage;
let sessions = 0;
beforeEach(() => {
  stage = new SessionStage();
});
afterEach(() => stage.database.client.close());

async function crowd(size: number): Promise<StageAuthor[]> {
  const authors = Array.from({ length: size }, (_, n) => new StageAuthor(`author-${n}`, stage));
  for (const author of authors) await author.join(SESSION);
  return authors;
}

/** Lets everything arrive until nobody has anything to say; returns what the server has. */
async function settle(authors: StageAuthor[]): Promise<string> {
  for (let round = 0; round < 1_000; round++) {
    for (const author of authors) {
      await author.connect();
      while (author.up());
    }
    stage.endTurn();
    let heard = 0;
    for (const author of authors) while (author.down()) heard++;
    for (let n = 0; n < 20; n++) await null;
    if (heard === 0 && authors.every(({ text }) => text.isSettled)) break;
  }
  const late = new StageAuthor(`late-${++sessions}`, stage);
  await late.join(SESSION);
  const { text } = late.text;
  await late.cut();
  return text;
}

test("an edit shows at once and reaches the others", async () => {
  const [ada, bob] = await crowd(2);
  ada!.edit(0, 0, "Hello");
  expect(ada!.text.text).toBe("Hello");
  expect(bob!.text.text).toBe("");
  await settle([ada!, bob!]);
  expect(bob!.shown).toBe("Hello");
  expect(ada!.text.isSettled).toBe(true);
});

test("what is typed into what somebody else takes away stays", async () => {
  const [ada, bob] = await crowd(2);
  ada!.edit(0, 0, "one two three");
  await settle([ada!, bob!]);
  ada!.edit(0, 13, "");
  bob!.edit(4, 0, "and ");
  expect(await settle([ada!, bob!])).toBe("and ");
  expect([ada!.shown, bob!.shown]).toEqual(["and ", "and "]);
});

test("an edit whose confirmation was lost is not made twice", async () => {
  const [ada, bob] = await crowd(2);
  ada!.edit(0, 0, "aa");
  ada!.up();
  stage.endTurn();
  await ada!.cut();
  ada!.edit(2, 0, "a");
  bob!.edit(0, 0, "a");
  expect(await settle([ada!, bob!])).toBe("aaaa");
  expect([ada!.shown, bob!.shown]).toEqual(["aaaa", "aaaa"]);
});

test("what an observer may not do fails before it is sent", async () => {
  const [ada] = await crowd(1);
  const watching = ada!.client.join(SESSION, "observer");
  while (ada!.up());
  stage.endTurn();
  while (ada!.down());
  await expect(watching.then((text) => text.edit(0, 0, "x"))).rejects.toThrow("observer");
});

test("what is typed and taken away again before it is sent is never sent", async () => {
  const [ada] = await crowd(1);
  ada!.edit(0, 0, "seen");
  ada!.edit(4, 0, " unseen");
  ada!.edit(4, 7, "");
  expect(await settle([ada!])).toBe("seen");
  expect(stage.edits(SESSION).map(({ content }) => content)).toEqual(["seen"]);
});

test("an edit longer than a frame goes in several", async () => {
  const [ada, bob] = await crowd(2);
  const content = "\u0001𝄞é".repeat(10_000);
  ada!.edit(0, 0, content);
  expect(await settle([ada!, bob!])).toBe(content);
  expect(bob!.shown).toBe(content);
});

test("a text whose session is removed is no longer in it, and says nothing more", async () => {
  const server = await startTestServer();
  const token = await server.token("ada");
  const client = new CollaborationWebSocketClient({ url: server.url("/api/collaboration/ws"), token });
  await client.connect();
  const text = await client.join("gone");
  text.edit(0, 0, "here");
  await eventually(() => text.isSettled);
  const left = new Promise((resolve) => client.subscribe("session_left", resolve));
  await server.http("DELETE", "/v1/rooms/session:gone");
  await left;
  expect(text.isJoined).toBe(false);
  expect(() => text.edit(0, 0, "not ")).toThrow("The session is over");
  expect(client.unconfirmed).toBe(0);
  await client.disconnect();
  await server.stop();
});

interface Move {
  readonly what: string;
  readonly who: number;
  readonly where: number;
  readonly much: number;
  readonly content: string;
}

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.record({
    what: fc.constantFrom(
      "type",
      "type",
      "erase",
      "replace",
      "up",
      "up",
      "down",
      "down",
      "turn",
      "turn",
      "cut",
      "connect",
      "restart",
    ),
    who: fc.nat(2),
    where: fc.nat(1_000),
    much: fc.nat(3),
    // Few characters, so that texts are easily confused; one of them has two units.
    content: fc
      .array(fc.constantFrom("a", "b", "𝄞"), { minLength: 1, maxLength: 4 })
      .map((all) => all.join("")),
  }),
  { minLength: 20, maxLength: 120 },
);

/** Three authors do this, over connections that are slow, unequal and break; returns what was typed and taken away. */
async function play(script: readonly Move[], isUnique: boolean) {
  stage.database.client.close();
  stage = new SessionStage();
  const authors = await crowd(3);
  const typed: string[] = [];
  const erased = new Set<string>();
  const unique = () =>
    String.fromCodePoint(typed.length % 3 ? 0x4e00 + typed.length : 0x20000 + typed.length);
  for (const { what, who, where, much, content } of script) {
    const author = authors[who]!;
    const { text } = author.text;
    let start = where % (text.length + 1);
    if (isInsideCharacter(text, start)) start--;
    let end = what === "type" ? start : Math.min(text.length, start + much);
    if (isInsideCharacter(text, end)) end++;
    if (what === "type" || what === "erase" || what === "replace") {
      const come = what === "erase" ? "" : isUnique ? unique() : content;
      typed.push(...come);
      for (const one of text.slice(start, end)) erased.add(one);
      author.edit(start, end - start, come);
    } else if (what === "up") author.up();
    else if (what === "down") author.down();
    else if (what === "turn") stage.endTurn();
    else if (what === "cut") await author.cut();
    else if (what === "connect") await author.connect();
    else {
      for (const one of authors) await one.cut();
      stage.restart();
    }
    expect(author.shown).toBe(author.text.text);
  }
  const text = await settle(authors);
  expect(authors.map(({ shown }) => shown)).toEqual([text, text, text]);
  expect(authors.every((one) => one.text.isSettled)).toBe(true);
  return { text, meant: typed.filter((one) => !erased.has(one)) };
}

test("all end with the server's text, and editors show it, after any cuts, delays and losses", async () => {
  const all = fc.asyncProperty(moves, async (script) => void (await play(script, false)));
  await fc.assert(all, { numRuns: 80 });
});

test("typed text is there once after any cuts, delays and losses, unless somebody has deleted it", async () => {
  const all = fc.asyncProperty(moves, async (script) => {
    const { text, meant } = await play(script, true);
    expect(Array.from(text).sort()).toEqual(meant.sort());
  });
  await fc.assert(all, { numRuns: 80 });
});
