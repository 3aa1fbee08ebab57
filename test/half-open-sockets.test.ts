import { expect, test } from "bun:test";
import { ANSWER_MS } from "../src/core/live/answering.ts";
import { FakeClock } from "./support/fake-clock.ts";
import { PING } from "./support/raw-frames.ts";
import { RawSocket, upgradeRequest } from "./support/raw-socket.ts";
import { endingsOf, recordsOf } from "./support/records.ts";
import { startTestServer } from "./support/server.ts";

const LIMIT = 5;

async function stage() {
  const clock = new FakeClock();
  const server = await startTestServer({ clock, env: { MAX_CONNECTIONS_PER_USER: `${LIMIT}` } });
  const path = `/ws?token=${await server.token("ada")}`;
  const dial = (answersPings: boolean): Promise<RawSocket> =>
    RawSocket.ask(server.port, upgradeRequest(path), { answersPings });
  /** Tokens are checked side by side: who came later may be let in earlier. */
  const admitted = async (count: number) => {
    while (recordsOf(server, "connect").length < count) await new Promise(setImmediate);
  };
  return { clock, server, path, dial, admitted };
}

test("a user whose five sockets are half open gets in, in the place of the one that was silent longest", async () => {
  const { clock, server, path, dial, admitted } = await stage();
  const gone: RawSocket[] = [];
  for (let n = 1; n <= LIMIT; n++) {
    gone.push(await dial(false));
    await admitted(n);
    clock.advance(10);
  }
  const ada = await server.connect(path);
  ada.say("ping", { timestamp: 1 });
  // Asked for a sign of life, none of them gives one.
  for (const socket of gone) await socket.next(PING);
  clock.advance(ANSWER_MS);
  expect((await ada.next("pong"))["data"].timestamp).toBe(1);
  expect(endingsOf(server, "ada")).toEqual([{ code: 1008, reason: "Heartbeat timeout" }]);
  await gone[0]!.ended;
  expect(gone.map(({ isEnded }) => isEnded)).toEqual([true, false, false, false, false]);
  await server.stop();
});

test("five sockets that answer keep their places, and the sixth is refused at once", async () => {
  const { server, path, dial, admitted } = await stage();
  for (let n = 1; n <= LIMIT; n++) {
    await dial(true);
    await admitted(n);
  }
  const ada = await server.connect(path);
  expect((await ada.next("error"))["data"].code).toBe(429);
  expect((await ada.closed).code).toBe(4008);
  expect(endingsOf(server, "ada").filter(({ code }) => code === 1008)).toEqual([]);
  await server.stop();
});
