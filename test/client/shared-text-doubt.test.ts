import { expect, test } from "bun:test";
import { Refused, SharedText } from "../../packages/client/src/index.ts";
import type { Edit, SharedTextParts } from "../../packages/client/src/shared-edit.ts";
import { settled } from "./support.ts";

/** A text with "abc" on the way, whose answer was lost with the connection. */
function inDoubt() {
  const sent: Edit[] = [];
  const answers: PromiseWithResolvers<unknown>[] = [];
  let rejoins = 0;
  const parts: SharedTextParts = {
    ...{ sessionId: "s1", isKeptUp: () => true },
    send(_id, edit) {
      sent.push(edit);
      const answer = Promise.withResolvers<unknown>();
      answers.push(answer);
      return answer.promise;
    },
    rejoin: () => void rejoins++,
    leave: async () => {},
    keep() {},
  };
  const text = new SharedText(parts);
  text.joined({ content: "one two", version: 1, participants: [] });
  text.edit(3, 0, "abc");
  text.lost();
  return { text, sent, answers, rejoins: () => rejoins };
}

const tooOld = new Refused(
  "version: is too old: join again (the document is at version 2000; an edit may be at most 1000 versions behind)",
);

test("an edit that is too old to be known is taken for made when the document has it", async () => {
  const { text, sent, answers } = inDoubt();
  text.joined({ content: "oneabc two three", version: 2_000, participants: [] });
  answers[0]?.reject(tooOld);
  await settled();
  expect(text.text).toBe("oneabc two three");
  expect(text.isSettled).toBe(true);
  expect(sent).toHaveLength(1);
});

test("and is sent anew when the document does not have it", async () => {
  const { text, sent, answers } = inDoubt();
  text.joined({ content: "one two three", version: 2_000, participants: [] });
  answers[0]?.reject(tooOld);
  await settled();
  expect(text.text).toBe("oneabc two three");
  expect(sent[1]).toEqual({
    sessionId: "s1",
    operation: "insert",
    position: 3,
    content: "abc",
    version: 2_000,
  });
});

test("what the server refuses for good goes away again, and the document is asked for anew", async () => {
  const { text, answers, rejoins } = inDoubt();
  const shown: string[] = [];
  text.onChange(() => shown.push(text.text));
  text.joined({ content: "one two", version: 1, participants: [] });
  answers[0]?.reject(new Refused("content: the document would have more than 9 bytes"));
  await settled();
  expect(shown).toEqual(["one two"]);
  expect(rejoins()).toBe(0);
  text.edit(0, 0, "x");
  answers[1]?.reject(new Refused("content: the document would have more than 9 bytes"));
  await settled();
  expect(text.text).toBe("one two");
  expect(rejoins()).toBe(1);
});
