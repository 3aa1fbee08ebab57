import type { Frame, TestClient } from "../support/client.ts";
import { startTestServer, stopAfterAll, type TestServer, type TestServerOptions } from "../support/server.ts";

export const start = async (options: TestServerOptions = {}): Promise<TestServer> =>
  stopAfterAll(await startTestServer(options));

/** Posts messages to a gurukul chat as a backend: `m1`, `m2`, … */
export async function post(server: TestServer, chatId: string, from: number, to: number): Promise<void> {
  const events = [];
  for (let n = from; n <= to; n++) {
    const message = { id: `${chatId}-m${n}`, chatId, userId: "bot", content: `m${n}`, role: "user" };
    const whole = { ...message, timestamp: new Date(1_700_000_000_000 + n).toISOString(), metadata: {} };
    events.push({ room: `chat:${chatId}`, type: "message", data: { chatId, message: whole } });
  }
  for (let at = 0; at < events.length; at += 1_000) {
    const answer = await server.http("POST", "/v1/gurukul/events", events.slice(at, at + 1_000));
    if (answer.status !== 200) throw new Error(await answer.text());
  }
}

export const resumed = (frame: Frame): boolean => frame["type"] === "resumed";
export const textOf = (frame: Frame): string => frame["data"].message.content;

/** A gurukul client that resumes. */
export const comeBack = (server: TestServer, resume: string, more = ""): Promise<TestClient> =>
  server.chat("ada", { query: `&resume=${encodeURIComponent(resume)}${more}` });

/** The messages that a client hears until this one has come. */
export async function until(client: TestClient, last: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  for (;;) {
    const frame = await client.next("message");
    frames.push(frame);
    if (textOf(frame) === last) return frames;
  }
}

export const join = (chatId: string) => ({ action: "join", chatId });

/** Posts messages of 27 KB that begin with `m1 `, `m2 `, … */
export async function postLong(server: TestServer, chatId: string, count: number): Promise<void> {
  const filling = "—".repeat(9_000);
  const events = Array.from({ length: count }, (_, n) => {
    const message = {
      id: `${chatId}-m${n + 1}`,
      chatId,
      userId: "bot",
      content: `m${n + 1} ${filling}`,
      role: "user",
    };
    const whole = { ...message, timestamp: new Date(1_700_000_000_000 + n).toISOString(), metadata: {} };
    return { room: `chat:${chatId}`, type: "message", data: { chatId, message: whole } };
  });
  for (let at = 0; at < events.length; at += 20) {
    const answer = await server.http("POST", "/v1/gurukul/events", events.slice(at, at + 20));
    if (answer.status !== 200) throw new Error(await answer.text());
  }
}
