import { afterEach, beforeEach, expect, test } from "bun:test";
import { type DietClient, dietClient } from "../../support/diet.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

const clock = new FakeClock();
let server: TestServer;
beforeEach(async () => {
  server = await startTestServer({ clock, env: { HEARTBEAT_INTERVAL_MS: "3600000" } });
});
afterEach(() => server.stop());

/** With a token for these groups alone. */
const enter = (userId: string, ...groups: string[]) =>
  dietClient(server, userId, { rooms: groups.map((id) => `group:${id}`) });
const heard = async (client: DietClient) =>
  (await client.events()).filter(({ type }) => type === "typing.indicator").map(({ data }) => data);
const typing = (client: DietClient, conversationId: string, isTyping = true) =>
  client.ask("typing.indicator", { userId: client.userId, isTyping, conversationId });

test.each(["g", "dm:ada:bob"])(
  "who types in %s is shown to the others, and for five seconds at most",
  async (where) => {
    const [ada, own, bob] = [await enter("ada", "g"), await enter("ada"), await enter("bob", "g")];
    const eve = await enter("eve");
    const shown = (isTyping: boolean) => ({ userId: "ada", isTyping, conversationId: where });
    await typing(ada, where);
    clock.advance(4_000);
    await typing(ada, where);
    clock.advance(4_900);
    expect(await heard(bob)).toEqual([shown(true), shown(true)]);
    clock.advance(200);
    expect(await heard(bob)).toEqual([shown(true), shown(true), shown(false)]);
    clock.advance(20_000);
    await typing(ada, where);
    await typing(ada, where, false);
    clock.advance(20_000);
    const since = (await heard(bob)).slice(3);
    expect(since).toEqual([shown(true), shown(false)]);
    for (const client of [ada, own, eve]) expect(await heard(client)).toEqual([]);
  },
);

test.each(["g", "dm:ada:bob"])("who leaves while typing in %s types no more", async (where) => {
  const [ada, bob] = [await enter("ada", "g"), await enter("bob", "g")];
  await typing(ada, where);
  ada.client.close();
  await ada.client.closed;
  while ((await heard(bob)).length < 2);
  clock.advance(20_000);
  const shown = (isTyping: boolean) => ({ userId: "ada", isTyping, conversationId: where });
  expect(await heard(bob)).toEqual([shown(true), shown(false)]);
});

test("nobody types in a conversation of others", async () => {
  const [eve, bob] = [await enter("eve"), await enter("bob")];
  for (const conversationId of ["dm:ada:bob", "dm:bob:eve:", "dm:eve", "dm:", "bob", "dm:eve:bob", "g"]) {
    expect(await typing(eve, conversationId)).toMatchObject({ error: { code: "FORBIDDEN" } });
  }
  expect(await bob.types()).toEqual([]);
});
