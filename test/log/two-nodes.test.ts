import { expect, test } from "bun:test";
import type { Frame, TestClient } from "../support/client.ts";
import { clusterEnv, hasNats, startNats } from "../support/nats.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const nats = hasNats ? stopAfterAll(await startNats()) : undefined;
const startNode = async (name: string) =>
  stopAfterAll(await startTestServer({ env: clusterEnv(nats!, name) }));
const a = nats && (await startNode("a"));
const b = nats && (await startNode("b"));

const MESSAGES = 50;

const text = (frame: Frame): string => frame["data"].message.content;
const isMessage = (frame: Frame) => frame["type"] === "message";
const say = (client: TestClient, chatId: string, content: string) =>
  client.say("message", { chatId, content });

async function heard(client: TestClient, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) texts.push(text(await client.next(isMessage)));
  return texts;
}

test.skipIf(!nats)("what clients of both nodes say is heard on both, once and in one order", async () => {
  const [ada, bob] = [await a!.chat("ada"), await b!.chat("bob")];
  await ada.join("c1");
  await bob.join("c1");
  for (let n = 0; n < MESSAGES; n++) {
    say(ada, "c1", `ada ${n}`);
    say(bob, "c1", `bob ${n}`);
  }
  const [atA, atB] = [await heard(ada, 2 * MESSAGES), await heard(bob, 2 * MESSAGES)];
  expect(atA).toEqual(atB);
  const of = (who: string) => atA.filter((one) => one.startsWith(who));
  for (const who of ["ada", "bob"])
    expect(of(who)).toEqual(Array.from({ length: MESSAGES }, (_, n) => `${who} ${n}`));
});

test.skipIf(!nats)(
  "a client that loses its node resumes on the other one, and has missed nothing",
  async () => {
    const bob = await b!.chat("bob");
    await bob.join("c2");
    const node = await startNode("doomed");
    const ada = await node.chat("ada", { query: "&offsets=1" });
    await ada.join("c2");
    const send = (content: string) => bob.say("message", { chatId: "c2", content });
    send("before");
    const { offset } = await ada.next(isMessage);
    await node.shutdown();
    expect(await ada.closed).toMatchObject({ code: 1012 });
    send("while away");
    await heard(bob, 2);
    const again = await a!.chat("ada", { query: `&resume=${encodeURIComponent(`chat:c2@${offset}`)}` });
    again.say("chat_update", { action: "join", chatId: "c2" });
    expect((await again.next("resumed"))["data"]).toMatchObject({ after: offset, complete: true });
    send("back again");
    expect(await heard(again, 2)).toEqual(["while away", "back again"]);
  },
);

test.skipIf(!nats)("a node that starts with nothing has everything before it listens", async () => {
  const bob = await b!.chat("bob");
  await bob.join("c3");
  bob.say("message", { chatId: "c3", content: "long ago" });
  await heard(bob, 1);
  const late = await startNode("late");
  expect(await (await late.http("GET", "/health/ready")).json()).toEqual({ status: "ready" });
  const page = await (await late.http("GET", "/v1/rooms/chat:c3/messages")).json();
  expect(JSON.stringify(page)).toContain("long ago");
});
