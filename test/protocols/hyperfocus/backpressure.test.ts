import { expect, test } from "bun:test";
import { startRelay } from "../../support/relay.ts";
import { startTestServer } from "../../support/server.ts";
import { from, gifts, give, init, viewer } from "./frames.ts";

test("a viewer that stops reading is closed 1008, while the others get every gift in order", async () => {
  const env = { MAX_GIFTS_PER_SECOND: "0", MAX_BUFFERED_BYTES: "262144" };
  const server = await startTestServer({ env });
  const relay = await startRelay(server.port);
  const stalled = await relay.connect("/ws", { protocols: ["hyperfocus-protocol-v1"] });
  stalled.send(init("viewer", "stalled"));
  await stalled.next("stream:status");
  const reader = await viewer(server, "reader");
  relay.freeze();

  const url = `https://cdn.example/${"x".repeat(2_000)}`;
  const animation = { type: "video", duration: 1, assetUrl: url, soundUrl: url };
  const isClosed = () => server.lines.some((line) => line.includes('"disconnect"'));
  const given: string[] = [];
  // For one who does not read, the kernel alone holds a few megabytes.
  while (!isClosed()) {
    const lot = Array.from({ length: 100 }, (_, n) =>
      from("u", { giftId: `g${given.length + n}`, animation }),
    );
    given.push(...(await give(server, ...lot)));
  }
  expect(server.lines.find((line) => line.includes('"disconnect"'))).toContain('"code":1008');
  while (gifts(reader.frames).length < given.length) await reader.next("gift:received");
  expect(gifts(reader.frames).map(({ giftId }) => giftId)).toEqual(given);
  relay.stop();
  await server.stop();
});
