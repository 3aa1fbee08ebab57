import { expect, test } from "bun:test";
import { GurukulClient } from "../../packages/client/src/index.ts";
import { ManualClock } from "../../packages/client/src/testing/index.ts";
import { startTestServer } from "../../src/testing/index.ts";

test("a real server of a test's own, with a time of its own", async () => {
  const clock = new ManualClock();
  const server = await startTestServer({ clock });
  const client = new GurukulClient({
    url: server.url("/ws"),
    token: await server.token("ada", { ttl: "20s" }),
  });
  await client.connect();
  await client.join("c1");
  expect(await (await server.http("GET", "/v1/users/ada")).json()).toMatchObject({ online: true });
  const ended = new Promise((resolve) =>
    client.onConnectionEvent(({ type, data }) => type === "error" && resolve(data?.code)),
  );
  // Its token, of which it has no other, runs out.
  clock.advance(20_500);
  expect(await ended).toBe(4004);
  await server.stop();
});

test("timers of a manual clock run in their order, and again when they repeat", () => {
  const clock = new ManualClock(0);
  const ran: string[] = [];
  clock.after(20, () => ran.push(`once ${clock.now()}`));
  const stop = clock.every(15, () => ran.push(`every ${clock.now()}`));
  clock.advance(30);
  stop();
  clock.advance(100);
  expect(ran).toEqual(["every 15", "once 20", "every 30"]);
  expect(clock.now()).toBe(130);
});

/** Each can be used as the other. */
type Same<One extends Other, Other> = [One, Other];
export type PublishedAsItIs = Same<
  typeof import("../../src/testing/index.ts"),
  typeof import("../../src/testing/published.d.ts")
>;
