import { expect } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "../../support/server.ts";
import type { Refused, Samples } from "../samples.ts";

export type Case = (samples: Samples) => Promise<void>;

/** Runs a case on a server of its own, and stops it in any case. */
export async function onServer(
  options: TestServerOptions,
  play: (server: TestServer) => Promise<void>,
): Promise<void> {
  const server = await startTestServer(options);
  try {
    await play(server);
  } finally {
    await server.stop();
  }
}

/** A connection that the server has let into this room, with a token for it alone. */
export async function member(
  samples: Samples,
  server: TestServer,
  userId: string,
  room = samples.room,
): Promise<TestClient> {
  const client = await samples.open(server, room, await server.token(userId, { rooms: [room] }));
  await samples.entered(client);
  return client;
}

export async function expectRefusal(
  samples: Samples,
  client: TestClient,
  { frame, close }: Refused,
): Promise<void> {
  if (frame) expect(await client.next(samples.isError)).toEqual(frame);
  if (close !== undefined) expect((await client.closed).code).toBe(close);
}

/** The connection works: what is published arrives. */
export async function expectAlive(samples: Samples, server: TestServer, client: TestClient): Promise<void> {
  const text = crypto.randomUUID();
  await samples.publish(server, samples.room, [text]);
  const arrived = await client.next(
    (frame) => samples.isDelivery(frame) && JSON.stringify(frame).includes(text),
  );
  expect(arrived).toEqual(samples.delivery(samples.room, text));
}

export const nextDelivery = (samples: Samples, client: TestClient): Promise<Frame> =>
  client.next((frame) => samples.isDelivery(frame));

export const health = async (server: TestServer): Promise<Frame> =>
  (await (await server.http("GET", "/ws/health")).json()) as Frame;
