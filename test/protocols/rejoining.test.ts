import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Frame } from "../support/client.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { startFakeOpenAi } from "../support/fake-openai.ts";
import { encodeFrame } from "../support/raw-frames.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { ANALYTICS, enter } from "./atomic/clients.ts";
import { init } from "./hyperfocus/frames.ts";

// Everything that is written to a raw socket at once arrives in one segment, and is handled in one turn.

let clock: FakeClock;
let server: TestServer;
let peers: RawSocket[] = [];

beforeEach(async () => {
  clock = new FakeClock();
  server = await startTestServer({ clock });
});
afterEach(async () => {
  for (const peer of peers) peer.destroy();
  peers = [];
  await server.stop();
});

async function dial(path: string, headers: Record<string, string> = {}): Promise<RawSocket> {
  const peer = await RawSocket.upgrade(server.port, path, { headers });
  expect(peer.status).toBe(101);
  peers.push(peer);
  return peer;
}

const together = (peer: RawSocket, frames: readonly Frame[]): void =>
  peer.write(Buffer.concat(frames.map((frame) => encodeFrame(JSON.stringify(frame)))));

/** Any number of joins and leaves of a room and of another, and at last a join of the room. */
const sequences = <Step extends string>(...steps: Step[]) =>
  fc.array(fc.constantFrom(...steps), { maxLength: 5 });

describe("who joins, leaves and joins in one turn hears what a single join hears:", () => {
  const HYPERFOCUS = { "Sec-WebSocket-Protocol": "hyperfocus-protocol-v1" };

  test("hyperfocus, a viewer that is the only one of its stream", async () => {
    let stream = 0;
    await fc.assert(
      fc.asyncProperty(sequences("this", "other"), async (steps) => {
        const [streamId, otherId] = [`s-${++stream}`, `o-${stream}`];
        const peer = await dial("/ws", HYPERFOCUS);
        const join = (id: string) => init("viewer", "v", { streamId: id });
        together(peer, [...steps.map((step) => join(step === "this" ? streamId : otherId)), join(streamId)]);
        for (let acks = 0; acks <= steps.length; acks++) await peer.hear("connection:ack");
        clock.advance(2_000);
        await server.http("POST", "/v1/hyperfocus/events", {
          ...{ room: `stream:${streamId}`, type: "stream:status", data: { isLive: true, currentGoal: null } },
        });
        for (;;) if ((await peer.hear("stream:status"))["payload"].isLive) break;
        peer.destroy();
      }),
      { numRuns: 20, examples: [[["this"]], [["this", "other"]]] },
    );
  });

  test("atomic, the only subscriber of a metric", async () => {
    let context = 0;
    await fc.assert(
      fc.asyncProperty(sequences("subscribe", "unsubscribe"), async (steps) => {
        const contextId = `c-${++context}`;
        const peer = await dial(`${ANALYTICS}?token=${await server.token("ada")}&contextId=${contextId}`);
        await peer.hear("connected");
        const say = (type: string) => ({ type, data: { metrics: ["activity"] } });
        together(peer, [...steps, "subscribe"].map(say));
        await peer.hear("metric_update");
        const bob = await enter(server, "/api/chat/ws", "bob", { contextId });
        bob.send({ type: "message", data: { content: "hello" } });
        await bob.next("message");
        clock.advance(1_000);
        for (;;) if ((await peer.hear("metric_update"))["data"].value === 1) break;
        peer.destroy();
      }),
      { numRuns: 20, examples: [[["subscribe", "unsubscribe"]]] },
    );
  });

  test("gurukul, the only member of a chat in which the agent answers", async () => {
    const ai = startFakeOpenAi();
    const release = Promise.withResolvers<void>();
    ai.reply = async () => {
      await release.promise;
      return Response.json({ choices: [{ message: { content: "An answer" }, finish_reason: "stop" }] });
    };
    const asking = await startTestServer({ env: { AI_BASE_URL: ai.baseURL, AI_MODEL: "fake" } });
    try {
      const token = await asking.token("ada");
      const peer = await RawSocket.upgrade(asking.port, `/ws?token=${token}`);
      peers.push(peer);
      const update = (action: string) => ({
        type: "chat_update",
        data: { action, chatId: "c" },
        timestamp: 1,
      });
      together(peer, [update("join")]);
      peer.say("message", { chatId: "c", content: "A question", agentId: "guide" });
      await ai.request(0);
      together(peer, [update("leave"), update("join")]);
      await peer.hear("batch");
      release.resolve();
      for (;;) if ((await peer.hear("message"))["data"].message.content === "An answer") break;
      expect((await peer.hear("typing"))["data"].isTyping).toBe(false);
    } finally {
      await asking.stop();
      await ai.stop();
    }
  });
});
