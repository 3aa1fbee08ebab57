import { afterEach, beforeEach, expect, test } from "bun:test";
import { bindTextarea, type TextField } from "../../packages/client/src/index.ts";
import { SessionStage } from "../support/session-stage.ts";
import { StageAuthor } from "./session-crowd.ts";
import { settled } from "./support.ts";

/** A textarea without a page. */
class Field extends EventTarget {
  value = "";
  selectionStart = 0;
  selectionEnd = 0;
  selectionDirection: TextField["selectionDirection"] = "none";

  readOnly = false;

  press(key: string): void {
    this.dispatchEvent(Object.assign(new Event("keydown", { cancelable: true }), { key, ctrlKey: true }));
  }

  setSelectionRange(start: number, end: number, direction: TextField["selectionDirection"]): void {
    [this.selectionStart, this.selectionEnd, this.selectionDirection] = [start, end, direction];
  }

  /** As a user would: the caret ends behind it. */
  type(at: number, content: string): void {
    this.value = this.value.slice(0, at) + content + this.value.slice(at);
    this.setSelectionRange(at + content.length, at + content.length, "none");
    this.dispatchEvent(new Event("input"));
  }
}

let stage: SessionStage;
let ada: StageAuthor;
let bob: StageAuthor;
beforeEach(async () => {
  stage = new SessionStage();
  [ada, bob] = [new StageAuthor("ada", stage), new StageAuthor("bob", stage)];
  for (const author of [ada, bob]) await author.join("s1");
  ada.edit(0, 0, "Hello world");
  await exchange();
});
afterEach(() => stage.database.client.close());

async function exchange(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    for (const author of [ada, bob]) while (author.up());
    stage.endTurn();
    for (const author of [ada, bob]) while (author.down());
    await settled();
  }
}

function field(author: StageAuthor) {
  const one = new Field();
  return { one, stop: bindTextarea(one, author.text) };
}

test("a textarea shows what others write and others get what is written there", async () => {
  const { one } = field(ada);
  expect(one.value).toBe("Hello world");
  one.type(5, ",");
  bob.edit(11, 0, "!");
  await exchange();
  expect(one.value).toBe("Hello, world!");
  expect(bob.text.text).toBe("Hello, world!");
});

test("the caret stays where it was in the text", async () => {
  const { one } = field(ada);
  one.setSelectionRange(6, 11, "backward");
  bob.edit(0, 5, "Goodbye");
  await exchange();
  expect(one.value.slice(one.selectionStart, one.selectionEnd)).toBe("world");
  expect(one.selectionDirection).toBe("backward");
  bob.edit(0, one.value.length, "");
  await exchange();
  expect([one.selectionStart, one.selectionEnd]).toEqual([0, 0]);
});

test("a field in which something is composed is left alone until that is done", async () => {
  const { one } = field(ada);
  one.dispatchEvent(new Event("compositionstart"));
  one.type(11, "´");
  bob.edit(0, 0, "Oh. ");
  await exchange();
  expect(one.value).toBe("Hello world´");
  one.value = "Hello worldé";
  one.dispatchEvent(new Event("compositionend"));
  expect(one.value).toBe("Oh. Hello worldé");
  await exchange();
  expect(bob.text.text).toBe("Oh. Hello worldé");
});

test("a textarea that is no longer bound neither shows nor says anything", async () => {
  const { one, stop } = field(ada);
  stop();
  one.type(0, "unheard");
  bob.edit(0, 0, "unseen");
  await exchange();
  expect(one.value).toBe("unheardHello world");
  expect(bob.text.text).toBe("unseenHello world");
});

test("what another writes into what is composed over stays", async () => {
  const { one } = field(ada);
  one.dispatchEvent(new Event("compositionstart"));
  one.value = "´";
  bob.edit(5, 0, "BOB");
  bob.edit(0, 1, "J");
  await exchange();
  one.value = "é";
  one.dispatchEvent(new Event("compositionend"));
  await exchange();
  expect(bob.text.text).toBe("éJBOB");
  expect(one.value).toBe("éJBOB");
});

test("undoing takes back what was typed here, word by word, and nothing of others", async () => {
  const { one } = field(ada);
  for (const [at, letter] of [..." big"].entries()) one.type(5 + at, letter);
  bob.edit(0, 5, "Howdy");
  await exchange();
  bob.edit(8, 0, "BOB");
  await exchange();
  expect(one.value).toBe("Howdy biBOBg world");
  one.press("z");
  expect(one.value).toBe("Howdy BOB world");
  one.press("z");
  expect(one.value).toBe("Howdy BOBworld");
  one.press("z");
  one.press("y");
  one.press("y");
  await exchange();
  expect(bob.text.text).toBe(one.value);
  expect(one.value.replace("BOB", "")).toBe("Howdy big world");
});

test("undoing brings back what was taken away here", async () => {
  const { one } = field(ada);
  one.value = "Hello earth";
  one.dispatchEvent(new Event("input"));
  bob.edit(0, 0, "> ");
  await exchange();
  one.press("z");
  await exchange();
  expect([one.value, bob.text.text]).toEqual(["> Hello world", "> Hello world"]);
  one.press("y");
  await exchange();
  expect([one.value, bob.text.text]).toEqual(["> Hello earth", "> Hello earth"]);
});

test("a field is read-only while its text is, and shows no text that nobody has", async () => {
  const { one, stop } = field(ada);
  ada.text.become("observer");
  expect(one.readOnly).toBe(true);
  one.type(0, "unheard");
  expect(one.value).toBe("Hello world");
  ada.text.become("participant");
  expect(one.readOnly).toBe(false);
  one.type(0, "> ");
  await exchange();
  expect(bob.text.text).toBe("> Hello world");
  ada.text.end("The session is over");
  expect(one.readOnly).toBe(true);
  stop();
  expect(one.readOnly).toBe(false);
});
