import { describe, expect, spyOn, test } from "bun:test";
import { systemClock } from "../../src/core/ports/clock.ts";
import { endless, fails, hangs, says, stalls, waits } from "../support/fake-openai.ts";
import { failureOf, freshEndpoint, question, stoppedClock, unavailable } from "./questions.ts";

const { agentWith, answerTo, endpoint } = freshEndpoint();

/** Resolves when these bytes of a response have come in and the agent has had a turn to read them. */
function received(bytes: string): Promise<void> {
  const seen = Promise.withResolvers<void>();
  const fetchReally = fetch;
  const tap = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, body) {
      body.enqueue(part);
      if (new TextDecoder().decode(part).includes(bytes)) setImmediate(seen.resolve);
    },
  });
  const tapped = async (...request: Parameters<typeof fetch>) => {
    const response = await fetchReally(...request);
    return new Response(response.body?.pipeThrough(tap), response);
  };
  spyOn(globalThis, "fetch").mockImplementationOnce(Object.assign(tapped, { preconnect: fetch.preconnect }));
  return seen.promise;
}

describe("the time limit", () => {
  test.each([
    ["an endpoint that does not answer", hangs()],
    ["a stream of nothing without end", endless(": still thinking\n\n")],
  ])("ends %s", async (_, reply) => {
    endpoint().reply = reply;
    const { clock, expire, waiting } = stoppedClock();
    const answer = failureOf(agentWith({ clock, timeoutMs: 20_000 }).answer(question()));
    const request = await endpoint().request(0);
    expect([...waiting.values()]).toEqual([20_000]);
    expire();
    expect(await answer).toMatchObject(unavailable(/longer than 20000 ms/));
    await request.cancelled;
  });

  test("ends a stream that stalls, and gives out no half answer", async () => {
    endpoint().reply = stalls("Hel", "lo");
    const half = received('"lo"');
    const { clock, expire } = stoppedClock();
    const answer = failureOf(agentWith({ clock }).answer(question()));
    await half;
    expire();
    expect(await answer).toMatchObject(unavailable(/longer than/));
    await endpoint().requests[0]?.cancelled;
  });

  test("counts real milliseconds, and the wait before a retry among them", async () => {
    endpoint().reply = fails(429, { "retry-after": "50" });
    const answer = agentWith({ clock: systemClock, timeoutMs: 50 }).answer(question());
    expect(await failureOf(answer)).toMatchObject(unavailable(/longer than 50 ms/));
    expect(endpoint().requests).toHaveLength(1);
  });

  test("lets a slow answer through that is in time", async () => {
    const gate = Promise.withResolvers<void>();
    const answer = answerTo(waits(gate.promise, says("Finally")));
    await endpoint().request(0);
    gate.resolve();
    expect((await answer).content).toBe("Finally");
  });
});

describe("an abort", () => {
  const gone = new Error("nobody is left to hear it");
  const abort = () => {
    const controller = new AbortController();
    const answer = failureOf(agentWith().answer(question({ signal: controller.signal })));
    return { answer, now: () => controller.abort(gone) };
  };

  test("before the endpoint answers rejects with its reason and hangs up at once", async () => {
    endpoint().reply = hangs();
    const { answer, now } = abort();
    const request = await endpoint().request(0);
    now();
    expect(await answer).toBe(gone);
    await request.cancelled;
  });

  test("in the middle of an answer rejects with its reason and hangs up at once", async () => {
    endpoint().reply = stalls("Hel", "lo");
    const half = received('"lo"');
    const { answer, now } = abort();
    await half;
    now();
    expect(await answer).toBe(gone);
    await endpoint().requests[0]?.cancelled;
  });

  test("before the question asks nobody", async () => {
    const answer = agentWith().answer(question({ signal: AbortSignal.abort(gone) }));
    expect(await failureOf(answer)).toBe(gone);
    expect(endpoint().requests).toHaveLength(0);
  });
});
