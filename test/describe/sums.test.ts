import { expect, test } from "bun:test";
import { Ajv } from "ajv";
import { z } from "zod";
import { drain, gift, gifts, give, setStatus, statuses, viewer } from "../protocols/hyperfocus/frames.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const document = z.object({
  components: z.object({ messages: z.record(z.string(), z.object({ payload: z.looseObject({}) })) }),
});
const clock = new FakeClock();
const server = stopAfterAll(await startTestServer({ clock, env: { MAX_GIFTS_PER_SECOND: "1" } }));

test("what the server adds up for hyperfocus is as it is described, though it is more than a backend may post", async () => {
  const { components } = document.parse(await (await server.http("GET", "/asyncapi.json")).json());
  const ajv = new Ajv({ validateFormats: false });
  const client = await viewer(server);
  const currentGoal = { type: "revenue", target: 1e12, description: "All of it" };
  await setStatus(server, { isLive: true, currentGoal });
  const largest = gift({ quantity: 1e9, totalValue: 1e12 });
  await give(server, largest, largest, largest, gift({ quantity: 2 }));
  clock.advance(2_000);
  const frames = await drain(client);
  expect(gifts(frames).at(-1)).toMatchObject({ quantity: 2e9 + 2, totalValue: 2e12 + 2_000 });
  expect(statuses(frames).at(-1)?.["currentGoal"].current).toBe(3e12 + 2_000);
  for (const frame of frames) {
    const key = `hyperfocus.send.${frame["type"].replace(":", "_")}`;
    expect([frame, ajv.validate(components.messages[key]?.payload ?? false, frame)]).toEqual([frame, true]);
  }
});
