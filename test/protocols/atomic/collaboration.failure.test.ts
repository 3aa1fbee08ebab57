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

test("a user who was told that they could not join has not joined", async () => {
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

test("a user who was told that leaving, or joining in another role, failed is in the session as before", async () => {
  const ada = await editor(server, "ada", "s-4");
  const bob = await editor(server, "bob", "s-4");
  await drain(ada);
  using trouble = failWrites(server, "state");
  ada.send({ type: "edit", id: "e-1", data: insert(0, "a", 0) });
  ada.send({ type: "join_session", id: "j-1", data: { sessionId: "s-4", role: "observer" } });
  ada.send({ type: "leave_session", id: "l-1", data: { sessionId: "s-4" } });
  for (const id of ["e-1", "j-1", "l-1"])
    expect(await ada.next()).toEqual(error("Internal server error", id));
  trouble.mend();
  expect(await edit(bob, insert(0, "b", 0))).toBe(1);
  expect(editsIn(await drain(ada))).toEqual([insert(0, "b", 1)]);
  expect(await edit(ada, insert(1, "a", 1))).toBe(2);
  expect(await drain(bob)).toMatchObject([{ type: "edit", data: { version: 2 } }]);
});
