import { expect, test } from "bun:test";
import { eventually } from "../../support/eventually.ts";
import { failWrites } from "../../support/failing-writes.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { encodeFrame } from "../../support/raw-frames.ts";
import { RawSocket } from "../../support/raw-socket.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { drain, from, gifts, host, init, post, statuses, viewer } from "./frames.ts";

const clock = new FakeClock();
const server = stopAfterAll(await startTestServer({ clock, env: { MAX_GIFTS_PER_SECOND: "0" } }));

const giveTo = (streamId: string) =>
  post(server, { room: `stream:${streamId}`, type: "gift:received", data: from("u", { giftId: streamId }) });

test("a host whose init could not be stored is where it was, and then in the one stream that it enters", async () => {
  const client = await host(server);
  {
    using trouble = failWrites(server, "state");
    client.send(init("host", "host-1", { streamId: "s2" }));
    expect((await client.next("error"))["payload"].code).toBe("INTERNAL");
    trouble.mend();
  }
  for (const streamId of ["s1", "s2"]) await giveTo(streamId);
  expect(gifts(await drain(client)).map(({ giftId }) => giftId)).toEqual(["s1"]);

  client.send(init("host", "host-1", { streamId: "s3" }));
  await client.next("stream:status");
  for (const streamId of ["s1", "s2", "s3"]) {
    const data = from("u", { giftId: `${streamId}-later` });
    await post(server, { room: `stream:${streamId}`, type: "gift:received", data });
  }
  expect(gifts(await drain(client)).map(({ giftId }) => giftId)).toEqual(["s3-later"]);
});

test("a viewer whose change of stream failed with its turn is counted where it is, and nowhere else", async () => {
  const watchers = {
    s4: await viewer(server, "w", { streamId: "s4" }),
    s5: await viewer(server, "w", { streamId: "s5" }),
  };
  const count = async (streamId: keyof typeof watchers, isLive: boolean) => {
    clock.advance(2_000);
    await post(server, { room: `stream:${streamId}`, type: "stream:status", data: { isLive } });
    return statuses(await drain(watchers[streamId])).at(-1)?.["viewerCount"];
  };
  const headers = { "Sec-WebSocket-Protocol": "hyperfocus-protocol-v1" };
  const peer = await RawSocket.upgrade(server.port, `/ws?token=${await server.token("bob")}`, { headers });
  peer.send(JSON.stringify(init("viewer", "v", { streamId: "s4" })));
  await peer.hear("stream:status");
  {
    using trouble = failWrites(server, "state");
    const both = [init("viewer", "v", { streamId: "s5" }), init("host", "h", { streamId: "s5" })];
    peer.write(Buffer.concat(both.map((frame) => encodeFrame(JSON.stringify(frame)))));
    for (const _ of both) expect((await peer.hear("error"))["payload"].code).toBe("INTERNAL");
    trouble.mend();
  }
  expect([await count("s4", true), await count("s5", true)]).toEqual([2, 1]);
  peer.destroy();
  await peer.ended;
  await eventually(async () => (await count("s4", false)) === 1);
  expect(await count("s5", false)).toBe(1);
});
