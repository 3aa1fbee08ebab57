import { expect } from "bun:test";
import { SignJWT } from "jose";
import type { Frame, TestClient } from "../../support/client.ts";
import { SECRET, type TestServer } from "../../support/server.ts";

const ts = expect.any(Number);

export const error = (text: unknown): Frame => ({ v: 1, type: "error", error: text, ts });
/** `guildId` is absent for a token that names no guild. */
export const ack = (guildId?: string): Frame => ({
  v: 1,
  type: "ack",
  event: "auth.ok",
  ...(guildId !== undefined && { guildId }),
  ts,
});
export const event = (name: string, payload: Frame): Frame => ({
  v: 1,
  type: "event",
  event: name,
  payload,
  ts,
});

export const auth = (token: string): Frame => ({ v: 1, type: "auth", token, ts: 1704240000000 });

/** A token with these claims besides an hour's `exp`. */
export const sign = (claims: Frame): Promise<string> =>
  new SignJWT({ exp: Math.floor(Date.now() / 1_000) + 3_600, ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(SECRET));

export interface Viewer {
  readonly client: TestClient;
  readonly ack: Frame;
  /** Names of the rooms that it has been told of and were not asked for before, once all that was sent is through. */
  news(): Promise<string[]>;
}

/** A client that has authenticated with these claims. */
export async function watch(server: TestServer, claims: Frame): Promise<Viewer> {
  const client = await server.connect("/api/ws");
  client.send(auth(await sign({ sub: "viewer", ...claims })));
  const first = await client.next();
  let told = 1;
  return {
    client,
    ack: first,
    async news() {
      // Clients may say nothing but this, and it is answered in its place among the events.
      client.send(auth("again"));
      await client.next(({ error }) => error === "Already authenticated");
      const frames = client.frames.slice(told, -1);
      told = client.frames.length;
      return frames.map(({ payload, error }) => payload?.name ?? error);
    },
  };
}

/** An event that is recognised by its name. */
export const created = (guildId: string, name: string) => ({
  room: `guild:${guildId}`,
  type: "room.created",
  data: { guildId, channelId: "c", name, userLimit: 0 },
});

export const post = (server: TestServer, events: unknown): Promise<Response> =>
  server.http("POST", "/v1/discord/events", events);
