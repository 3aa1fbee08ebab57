import { z } from "zod";
import { issueToken } from "../auth/issue.ts";
import { systemClock } from "../core/ports/clock.ts";
import { Faults } from "./faults.ts";
import { type JsonSocket, openSocket } from "./json-socket.ts";
import type { Address } from "./wire.ts";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The server under test, as clients and backends reach it. */
export interface Target {
  /** Where it listens now, without a path: `http://host:port`. */
  origin(): string;
  readonly apiKey: string;
  readonly secret: string;
}

export const addressOf = (target: Target): Address => {
  const { hostname, port, protocol } = new URL(target.origin());
  return { host: hostname, port: Number(port || (protocol === "https:" ? 443 : 80)) };
};

/** Sends a backend's request. Undefined when no answer came: then the outcome is unknown. */
export async function ask(
  target: Target,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer | undefined> {
  try {
    const response = await fetch(target.origin() + path, {
      method,
      // As the connections do.
      proxy: false,
      headers: { authorization: `Bearer ${target.apiKey}` },
      signal: AbortSignal.timeout(10_000),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** A server refuses a token that was issued later than now, and the clock of a node may be this much behind. */
const BEHIND_MS = 10_000;
const issuingClock = { ...systemClock, now: () => systemClock.now() - BEHIND_MS };

export const tokenFor = (
  { secret }: Pick<Target, "secret">,
  userId: string,
  rooms: readonly string[],
): Promise<string> => issueToken({ secret, userId, rooms, roles: [], ttl: "2h", clock: issuingClock });

const answer = z.object({ error: z.object({ code: z.string() }).optional() });

/** Whether the server says that it does not take the tokens of `tokenFor`. */
export async function refusesTokens(target: Target): Promise<boolean> {
  const userId = `verify-${crypto.randomUUID()}`;
  const token = await tokenFor(target, userId, []);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let opened: JsonSocket | undefined;
  await openSocket(
    target.origin(),
    { path: "/api/diet/ws" },
    {
      opened: (socket) => {
        opened = socket;
        socket.send({ type: "auth", token, userId, sessionId: "verify" });
      },
      heard: (frame) => resolve(answer.parse(frame).error?.code === "AUTHENTICATION_FAILED"),
      closed: () => resolve(false),
    },
    new Faults(),
  );
  return promise.finally(() => opened?.close());
}
