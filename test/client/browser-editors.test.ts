import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { BROWSER_TEST_MS, hasBrowser } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { becomes, editorStage, shows } from "./editor-stage.ts";

setDefaultTimeout(BROWSER_TEST_MS);

describe.skipIf(!hasBrowser)("in a browser, a document that is edited together", () => {
  const { author, peer } = editorStage();

  test("ends the same in two textareas that are typed into at once", async () => {
    const [ada, bob] = await Promise.all([author("ada", "typed"), author("bob", "typed")]);
    await ada.keyboard.type("Dear reader,");
    await ada.keyboard.press("Enter");
    await shows(bob, "Dear reader,\n");
    await bob.keyboard.press("Control+Home");
    await Promise.all([ada.keyboard.type("ada was here. 👋"), bob.keyboard.type("BOB TOO: ")]);
    await eventually(async () => (await ada.isSettled()) && (await bob.isSettled()));
    // Each caret stays with what its user writes.
    await shows(ada, "BOB TOO: Dear reader,\nada was here. 👋");
    await shows(bob, "BOB TOO: Dear reader,\nada was here. 👋");
    await Promise.all([ada.leave(), bob.leave()]);
  });

  test("leaves a selection as it was made when others write before it", async () => {
    const [ada, { client, text }] = await Promise.all([author("ada", "selected"), peer("selected")]);
    await ada.keyboard.type("one two three");
    await becomes(text, "one two three");
    for (let n = 0; n < 5; n++) await ada.keyboard.press("Shift+ArrowLeft");
    text.edit(0, 0, "zero ");
    await shows(ada, "zero one two three");
    expect(await ada.selection()).toEqual([13, 18]);
    // Made from right to left, it grows to the left.
    await ada.keyboard.press("Shift+ArrowLeft");
    expect(await ada.selection()).toEqual([12, 18]);
    await ada.keyboard.press("Delete");
    await becomes(text, "zero one two");
    await Promise.all([ada.leave(), client.disconnect()]);
  });

  test("keeps line breaks that a textarea does not know", async () => {
    const [ada, { client, text }] = await Promise.all([author("ada", "breaks"), peer("breaks")]);
    text.edit(0, 0, "one\r\ntwo\r\nthree");
    await shows(ada, "one\ntwo\nthree");
    await ada.keyboard.press("Control+End");
    text.edit(0, 0, "0\r\n");
    await shows(ada, "0\none\ntwo\nthree");
    expect(await ada.selection()).toEqual([15, 15]);
    await ada.keyboard.type("!");
    await becomes(text, "0\r\none\r\ntwo\r\nthree!");
    for (let n = 0; n < 8; n++) await ada.keyboard.press("ArrowLeft");
    await ada.keyboard.type("?");
    await becomes(text, "0\r\none\r\ntw?o\r\nthree!");
    await ada.keyboard.press("End");
    await ada.keyboard.press("Delete");
    await becomes(text, "0\r\none\r\ntw?othree!");
    await Promise.all([ada.leave(), client.disconnect()]);
  });

  test("is left alone in a textarea while a character is being composed there", async () => {
    const [ada, { client, text }] = await Promise.all([author("ada", "composed"), peer("composed")]);
    const devtools = await ada.page.context().newCDPSession(ada.page);
    await ada.keyboard.type("caf");
    await becomes(text, "caf");
    await devtools.send("Input.imeSetComposition", { text: "´", selectionStart: 1, selectionEnd: 1 });
    text.edit(0, 0, "un ");
    await eventually(async () => (await ada.text()) === "un caf");
    expect(await ada.shown()).toBe("caf´");
    await devtools.send("Input.insertText", { text: "é" });
    await shows(ada, "un café");
    await becomes(text, "un café");
    await Promise.all([ada.leave(), client.disconnect()]);
  });

  test("ends the same in CodeMirror after any edits there", async () => {
    const [ada, bob] = await Promise.all([
      author("ada", "mirrored", { inCodeMirror: true }),
      author("bob", "mirrored", { inCodeMirror: true }),
    ]);
    await ada.keyboard.type("one two 👋");
    await ada.keyboard.press("Enter");
    await ada.keyboard.type("three");
    await shows(bob, "one two 👋\nthree");
    await ada.insert([
      { from: 0, to: 1, insert: "O" },
      { from: 4, to: 7, insert: "" },
      { from: 11, insert: "2\n" },
    ]);
    await shows(bob, "One  👋\n2\nthree");
    await Promise.all([ada.keyboard.type(" four"), bob.keyboard.type("zero ")]);
    await eventually(async () => (await ada.isSettled()) && (await bob.isSettled()));
    await shows(ada, "zero One  👋\n2\nthree four");
    await shows(bob, "zero One  👋\n2\nthree four");
    expect(await ada.text()).toBe("zero One  👋\n2\nthree four");
    await Promise.all([ada.leave(), bob.leave()]);
  });

  test("keeps line breaks that CodeMirror does not know", async () => {
    const [ada, { client, text }] = await Promise.all([
      author("ada", "mirrored-breaks", { inCodeMirror: true }),
      peer("mirrored-breaks"),
    ]);
    text.edit(0, 0, "one\r\ntwo");
    await eventually(async () => (await ada.text()) === "one\r\ntwo");
    await ada.keyboard.press("Control+End");
    await ada.keyboard.type("!");
    await becomes(text, "one\r\ntwo!");
    text.edit(0, 0, "0\r\n");
    await eventually(async () => (await ada.text()) === "0\r\none\r\ntwo!");
    await ada.keyboard.type("?");
    await becomes(text, "0\r\none\r\ntwo!?");
    await Promise.all([ada.leave(), client.disconnect()]);
  });

  test("keeps what another writes into a selection that is being composed over", async () => {
    const [ada, { client, text }] = await Promise.all([author("ada", "ime"), peer("ime")]);
    await ada.keyboard.type("abc");
    await becomes(text, "abc");
    await ada.keyboard.press("Control+A");
    const devtools = await ada.page.context().newCDPSession(ada.page);
    await devtools.send("Input.imeSetComposition", { text: "´", selectionStart: 1, selectionEnd: 1 });
    text.edit(1, 0, "BOB");
    await eventually(async () => (await ada.text()) === "aBOBbc");
    await devtools.send("Input.insertText", { text: "é" });
    await becomes(text, "éBOB");
    await shows(ada, "éBOB");
    await Promise.all([ada.leave(), client.disconnect()]);
  });

  test.each([false, true])("is undone for its own author alone (CodeMirror: %p)", async (inCodeMirror) => {
    const session = `undone-${inCodeMirror}`;
    const [ada, { client, text }] = await Promise.all([
      author("ada", session, { inCodeMirror }),
      peer(session),
    ]);
    await ada.keyboard.type("ada");
    await becomes(text, "ada");
    text.edit(3, 0, " bob");
    text.edit(0, 0, "> ");
    await shows(ada, "> ada bob");
    await ada.keyboard.press("Control+z");
    await shows(ada, ">  bob");
    await becomes(text, ">  bob");
    await ada.keyboard.press("Control+z");
    await ada.keyboard.press("Control+y");
    await becomes(text, "> ada bob");
    await shows(ada, "> ada bob");
    await Promise.all([ada.leave(), client.disconnect()]);
  });

  test.each([false, true])("is read-only while its user observes (CodeMirror: %p)", async (inCodeMirror) => {
    const session = `observed-${inCodeMirror}`;
    const [ada, { client, text }] = await Promise.all([
      author("ada", session, { inCodeMirror, role: "observer" }),
      peer(session),
    ]);
    text.edit(0, 0, "seen");
    await shows(ada, "seen");
    await ada.keyboard.type("x");
    await ada.insert([{ from: 0, insert: "x" }]);
    expect(await ada.shown()).toBe("seen");
    await ada.become("participant");
    await ada.keyboard.press("Control+Home");
    await ada.keyboard.type("un");
    await becomes(text, "unseen");
    await ada.become("observer");
    await ada.keyboard.type("x");
    text.edit(6, 0, "!");
    await shows(ada, "unseen!");
    await Promise.all([ada.leave(), client.disconnect()]);
  });
});
