import { expect, test } from "bun:test";
import { startRetention } from "../../../src/storage/retention.ts";
import type { Frame } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { SessionStage } from "../../support/session-stage.ts";
import { trimming } from "../../support/trimming.ts";

const HOUR = 3_600_000;
const DAY = 86_400_000;

test("when the history of a session is trimmed its document stays, and editing goes on", async () => {
  const stage = new SessionStage();
  async function say(messages: readonly (readonly [type: string, data: Frame])[]): Promise<Frame> {
    const link = await stage.connect("ada");
    for (const [type, data] of [["join_session", { role: "participant" }] as const, ...messages]) {
      link.toServer.push(JSON.stringify({ type, data: { ...data, sessionId: "s-1" } }));
      stage.deliver(link);
    }
    stage.endTurn();
    stage.cut(link);
    return JSON.parse(link.toClient.at(-1)!).data;
  }
  const type = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => {
      const version = from + n;
      return [
        "edit",
        { operation: "insert", position: version, content: `${version % 10}`, version },
      ] as const;
    });
  await say(type(0, 250));

  const clock = new FakeClock(Date.now() + 8 * DAY);
  const stop = startRetention(stage.database, clock, {
    ...{ days: 7, ...trimming(stage.database) },
    failed: (error) => stage.faults.push(error),
  });
  clock.advance(HOUR + 10_000);
  stop();
  expect(stage.edits("s-1")).toEqual([]);
  stage.restart();
  const { content, version } = await say([]);
  expect([content.length, version]).toEqual([250, 250]);
  // Of a version before the snapshot: everything since came in where it would have, and stays left of it.
  expect(await say(type(100, 101))).toMatchObject({ version: 251 });
  expect((await say([]))["content"]).toBe(`${content}0`);
  expect(stage.faults).toEqual([]);
});
