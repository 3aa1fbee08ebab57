import { expect, test } from "bun:test";
import { AT, dietClient, message } from "../../support/diet.ts";
import { DietCipher } from "../../support/diet-cipher.ts";
import { failWrites } from "../../support/failing-writes.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";

const server = stopAfterAll(await startTestServer());

test("a connection whose wish for encryption fell into a turn that failed goes on in plain text, and may wish again", async () => {
  const ada = await dietClient(server, "ada");
  const cipher = await DietCipher.init();
  const init = () => message("encryption.init", { publicKey: cipher.publicKey });
  const water = { userId: "ada", amount: 200, totalToday: 200, goal: 2_000, loggedAt: AT };
  using trouble = failWrites(server, "events");
  const [drunk, wish] = [message("water.intake", water), init()];
  ada.client.send(drunk);
  ada.client.send(wish);
  expect((await ada.answerTo(drunk["id"]))["error"].code).toBe("INTERNAL_SERVER_ERROR");
  expect((await ada.answerTo(wish["id"]))["error"].code).toBe("INTERNAL_SERVER_ERROR");
  trouble.mend();
  expect((await ada.ask("water.intake", water))["success"]).toBe(true);
  expect((await ada.askFrame(init()))["success"]).toBe(true);
});

test("a request that could not be stored is in neither inbox, and a friendship that could not is on neither side", async () => {
  const [mia, noah] = [await dietClient(server, "mia"), await dietClient(server, "noah")];
  const both = { fromUserId: "mia", fromUserName: "Mia", toUserId: "noah" };
  const request = () => message("friend.request", { requestId: "r-1", ...both, sentAt: AT });
  const names = { userId: "noah", friendId: "mia", friendName: "Mia" };
  const accept = () => message("friend.accepted", { friendshipId: "f-1", ...names, acceptedAt: AT });
  const post = { authorId: "mia", authorName: "Mia", content: "Soup", type: "tip", createdAt: AT };

  using trouble = failWrites(server, "events");
  expect((await mia.askFrame(request()))["error"].code).toBe("INTERNAL_SERVER_ERROR");
  trouble.mend();
  expect((await noah.askFrame(accept()))["error"].code).toBe("FORBIDDEN");
  expect((await mia.askFrame(request()))["success"]).toBe(true);

  using again = failWrites(server, "events");
  expect((await noah.askFrame(accept()))["error"].code).toBe("INTERNAL_SERVER_ERROR");
  again.mend();
  await mia.ask("post.created", { postId: "p-1", ...post });
  expect(await noah.types()).toEqual(["friend.request"]);
  expect((await noah.askFrame(accept()))["success"]).toBe(true);
  await mia.ask("post.created", { postId: "p-2", ...post });
  expect((await noah.events()).at(-1)?.["data"].postId).toBe("p-2");
});
