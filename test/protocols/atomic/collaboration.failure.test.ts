import { expect, test } from "bun:test";
import { failWrites } from "../../support/failing-writes.ts";
import { stopAfterAll } from "../../support/server.ts";
import { drain, error } from "./clients.ts";
import { edit, editor, editsIn, insert, join, lookAt, remove, startSessions } from "./editors.ts";

const server = stopAfterAll(await startSessions());

test("an edit that cannot be stored is refused, changes nothing, and may be sent again", async () => {
  const ada = await editor(server, "ada", "s-1");
  const bob = await editor(server, "bob", "s-1");
  await edit(ada, insert(0, "abc", 0));
  using trouble = failWrites(server, "state");
  await expect(edit(ada, insert(3, "d", 1), "e-1")).rejects.toThrow("Internal server error");
  await expect(edit(bob, remove(0, 3, 1))).rejects.toThrow("Internal server error");
  trouble.mend();
  expect(await edit(ada, insert(3, "d", 1), "e-1")).toBe(2);
  expect(editsIn(await drain(bob))).toEqual([insert(3, "d", 2)]);
  expect(await lookAt(server, "s-1")).toEqual(["abcd", 2]);
});

test("whoever was told that he could not join has not joined", async () => {
  const ada = await editor(server, "ada", "s-2");
  using trouble = failWrites(server, "state");
  // In one go, so that both hang on the same commit.
  ada.send({ type: "edit", id: "e-1", data: insert(0, "a", 0) });
  ada.send({ type: "join_session", id: "j-1", data: { sessionId: "s-3", role: "participant" } });
  expect([await ada.next(), await ada.next()]).toEqual([
    error("Internal server error", "e-1"),
    error("Internal server error", "j-1"),
  ]);
  trouble.mend();
  await expect(edit(ada, { ...insert(0, "a", 0), sessionId: "s-3" })).rejects.toThrow("sessionId");
  expect(await edit(ada, insert(0, "a", 0))).toBe(1);
  expect((await join(ada, "s-3"))["participants"]).toHaveLength(1);
});
