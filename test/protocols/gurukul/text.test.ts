import { beforeAll, expect, test } from "bun:test";
import type { TestClient } from "../../support/client.ts";
import { expectProblem } from "../../support/problem.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { error } from "./frames.ts";

let ada: TestClient;
let bob: TestClient;
const server = stopAfterAll(await startTestServer());
beforeAll(async () => {
  [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  for (const client of [ada, bob]) await client.join("text");
});

const ARRIVES: Readonly<Record<string, string>> = {
  "a < b && c > d": "a < b && c > d",
  "I <3 you & \"quotes\" 'too'": "I <3 you & \"quotes\" 'too'",
  "&lt;b&gt; stays an entity": "&lt;b&gt; stays an entity",
  "<img src=x onerror=alert(1)>": "",
  "<b>bold</b> and <i>plain</i>": "bold and plain",
  "before<script>alert(1)</script>after": "beforeafter",
  "before<style>*{display:none}</style>after": "beforeafter",
  "one<!-- comment -->two": "onetwo",
  "<scr<script>ipt>alert(1)</scr</script>ipt>": "ipt>alert(1)ipt>",
  "<textarea><img src=x onerror=alert(1)></textarea>": "",
  "unclosed <img src=x onerror=alert(1) ": "unclosed ",
  "bell\u0007, null\u0000 and escape\u001b": "bell, null and escape",
  "two\nlines\tand a tab": "two\nlines\tand a tab",
  "cafe\u0301": "caf\u00e9",
  "👩‍👩‍👧 नमस्ते שלום": "👩‍👩‍👧 नमस्ते שלום",
};

test("text arrives as it was written, without tags, control characters and loose accents", async () => {
  for (const [written, arrives] of Object.entries(ARRIVES)) {
    ada.say("message", { chatId: "text", content: written });
    for (const client of [ada, bob]) {
      const content: string = (await client.next("message"))["data"].message.content;
      expect([written, content]).toEqual([written, arrives]);
    }
  }
});

test("history and updates show the same text as the message did", async () => {
  ada.say("message", { chatId: "shown", content: "a <b>bold</b> move" });
  await ada.next("message");
  const late = await server.chat("late");
  expect((await late.join("shown"))["data"].updates.lastMessage).toBe("a bold move");
  expect((await late.next("batch"))["data"].messages[0].data.message.content).toBe("a bold move");
});

test("a text may have 10,000 characters of any kind, and one more gets 413", async () => {
  for (const letter of ["x", "é", "👋"]) {
    ada.say("message", { chatId: "text", content: letter.repeat(10_000) });
    expect((await ada.next())["data"].message.content).toBe(letter.repeat(10_000));
    ada.say("message", { chatId: "text", content: letter.repeat(10_001) });
    expect(await ada.next()).toEqual(error(413, expect.stringContaining("content")));
  }
});

test("a backend's text is as long at most, and may be empty", async () => {
  const posted = async (id: string, content: string) => {
    const timestamp = new Date().toISOString();
    const message = {
      ...{ id, chatId: "post", userId: "bot", role: "assistant" },
      content,
      timestamp,
      metadata: {},
    };
    const data = { chatId: "post", message };
    return server.http("POST", "/v1/gurukul/events", { room: "chat:post", type: "message", data });
  };
  expect((await posted("m-1", "👋".repeat(10_000))).status).toBe(200);
  expect((await posted("m-2", "")).status).toBe(200);
  for (const content of ["👋".repeat(10_001), "half a wave \ud83d"]) {
    await expectProblem(await posted("m-3", content), 400, ["data.message.content"]);
  }
});
