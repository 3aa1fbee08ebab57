import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { temporaryDirectory } from "../support/directory.ts";
import { eventually } from "../support/eventually.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";
import { exampleBackends } from "./backends.ts";

setDefaultTimeout(60_000);

const KEY = "the-secret-of-the-moderator";
const server = stopAfterAll(
  await startTestServer({ env: { API_KEYS: `${API_KEY},moderator:${KEY}:admin:gurukul|atomic` } }),
);
const directory = temporaryDirectory();
const { startBackend } = exampleBackends();

const startModerator = () =>
  startBackend("moderator", {
    ...{ SWITCHBOARD: `http://127.0.0.1:${server.port}`, API_KEY: KEY },
    PLACE: join(directory, "place.txt"),
  });

async function history(room: string): Promise<string[]> {
  const answer = await server.http("GET", `/v1/rooms/${room}/messages`);
  const { messages } = (await answer.json()) as { messages: { content: string }[] };
  return messages.map(({ content }) => content);
}

test("messages with a word of the list lose their text, others keep theirs, and none is missed while the moderator is dead", async () => {
  const ada = await server.chat("ada");
  await ada.join("c");
  const say = async (content: string): Promise<string> => {
    ada.say("message", { chatId: "c", content });
    const { message } = (await ada.next("message"))["data"];
    return message.id;
  };
  const redacted = async (id: string) => {
    await ada.next(({ type, data }) => type === "chat_update" && data.updates?.redacted === id);
  };

  const kill = startModerator();
  await say("Hello, everybody");
  await redacted(await say("Oh HECK, no!"));
  await say("A check of the hecklers");
  await kill();

  const whileDead = [await say("darn"), await say("What the dickens is that?")];
  await server.http("POST", "/v1/atomic/events", {
    ...{ room: "context:x", type: "message" },
    data: { id: "a-1", content: "heck.", author: "Bob" },
  });
  await say("The darning needle");
  startModerator();
  for (const id of whileDead) await redacted(id);
  expect(await history("chat:c")).toEqual([
    ...["Hello, everybody", "", "A check of the hecklers", "", "", "The darning needle"],
  ]);
  // The last of the page.
  await eventually(async () => (await history("context:x"))[0] === "");
});
