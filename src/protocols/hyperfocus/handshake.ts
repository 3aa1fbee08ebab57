import type { Services } from "../../core/protocol/protocol.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import type { Roster } from "../../core/protocol/roster.ts";
import { iso } from "../../core/protocol/time.ts";
import { hostKey, unacknowledged } from "./acks.ts";
import type { StatusBoard } from "./board.ts";
import type { Client, Ctx, Entries } from "./client.ts";
import type { Deliveries } from "./deliveries.ts";
import { encode } from "./frames.ts";
import { RECEIVED } from "./gifts.ts";
import type { Heartbeats } from "./heartbeats.ts";
import type { events, Init, Status } from "./schema.ts";
import { roomOf, type Stream } from "./stream.ts";

/**
 * A client that leaves this many `heartbeat:ping` in a row unanswered is closed: pongs keep the connection
 * (Integration Guidelines, 5). That its WebSocket library answers says nothing of the page that should render gifts.
 */
const MAX_UNANSWERED = 4;
/** Features of the server for clients that can use them too. */
const FEATURES = ["webgl", "webgpu", "notifications"];

/** No limit, as a number that JSON can express; 0 would mean that no gifts are shown. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

export interface HandshakeParts {
  readonly board: StatusBoard;
  readonly deliveries: Deliveries;
  readonly heartbeats: Heartbeats;
  /** Milliseconds. */
  readonly pingInterval: number;
  readonly viewers: Roster<true>;
  status(room: string): Status;
}

/** `connection:init` and what answers it: a client enters a stream, or leaves one for another. */
export function createHandshake(
  {
    history,
    settings,
    state,
  }: Pick<Services<typeof events, Entries, Stream>, "history" | "settings" | "state">,
  { board, deliveries, heartbeats, pingInterval, status, viewers }: HandshakeParts,
) {
  /** Why the client may not enter; undefined when it may. */
  function objection(ctx: Ctx, { clientType, streamId }: Init): Refusal | undefined {
    if (clientType !== "host" || ctx.may(roomOf(streamId))) return undefined;
    return new Refusal(ctx.isGuest ? "unauthenticated" : "forbidden");
  }

  function enter(ctx: Ctx, { token: _, ...init }: Init): void {
    const room = roomOf(init.streamId);
    const isHost = init.clientType === "host";
    const refusal = objection(ctx, init);
    if (refusal) {
      ctx.refuse(refusal);
      return;
    }
    const before = ctx.state.client;
    const key = isHost ? hostKey(ctx.identity.userId, init.clientId) : undefined;
    const client = { init, room, isHost, key, since: Number.POSITIVE_INFINITY, resent: 0, acks: 0 };
    ctx.state.client = client;
    ctx.state.unanswered = 0;
    if (key !== undefined) ctx.record(room, "host", { client: key });
    if (before?.room === room) board.entersAgain(room, () => countAgain(ctx, before, client));
    else {
      if (before) leave(ctx, before);
      if (!isHost) viewers.set(ctx, room, init.clientId, true);
    }
    ctx.undo(() => {
      ctx.state.client = before;
    });
    const after = ctx.resumes(room);
    ctx.join(room, () => greet(ctx, client, after), { usual: () => resend(ctx, client) });
    startHeartbeat(ctx);
    // After a restart nothing else starts the timer.
    deliveries.schedule(room);
  }

  /** Everything before the first live gift. `after`: the host resumes, and gets the gifts after this offset. */
  function greet(ctx: Ctx, client: Client, after: number | undefined): string[] {
    const { init, room } = client;
    const now = ctx.now();
    client.since = state(room).delivered;
    if (after !== undefined) client.resent = client.since - (history.at(room, after)?.count ?? 0);
    board.joined(room, (status) => ctx.relayLocal(room, "stream:status", status));
    const features = FEATURES.filter((feature) => init.capabilities.includes(feature));
    const config = {
      pingInterval,
      maxGiftsPerSecond: settings.maxGiftsPerSecond || UNLIMITED,
      features,
    };
    const ack = { sessionId: crypto.randomUUID(), serverTime: iso(now), config };
    return [
      encode("connection:ack", JSON.stringify(ack), now),
      encode("stream:status", JSON.stringify(status(room)), now),
    ];
  }

  /** The gifts that a host has not acknowledged. */
  function resend(ctx: Ctx, client: Client): string[] {
    const { key, room } = client;
    const { delivered, hosts } = state(room);
    const host = hosts.get(key ?? "");
    const gifts = unacknowledged(history, room, { delivered, host }, settings.maxFrameBytes);
    client.resent = gifts.length;
    return gifts.map((event, at) =>
      ctx.withOffset(encode(RECEIVED, event.body, event.time), event, gifts[at - 1]),
    );
  }

  function leave(ctx: Ctx, { room, init }: Client): void {
    ctx.leave(room);
    viewers.delete(ctx, room, init.clientId);
  }

  /** A client that enters its stream again does not leave it: it still gets the events that it missed. */
  function countAgain(ctx: Ctx, before: Client, { room, init, isHost }: Client): void {
    if (isHost || before.init.clientId !== init.clientId) viewers.delete(ctx, room, before.init.clientId);
    if (!isHost) viewers.set(ctx, room, init.clientId, true);
  }

  /** The stream begins anew under this client: a host owes an acknowledgement for everything that it shows. */
  function onRoomRemoved(ctx: Ctx, room: string): void {
    const { client } = ctx.state;
    if (client?.room !== room || client.key === undefined) return;
    Object.assign(client, { since: 0, resent: 0, acks: 0 });
    ctx.record(room, "host", { client: client.key }, { quiet: true });
  }

  function startHeartbeat(ctx: Ctx): void {
    ctx.state.heart ??= {
      nextPing: 0,
      beat() {
        if (ctx.state.unanswered++ >= MAX_UNANSWERED) {
          ctx.refuse(new Refusal("heartbeat_timeout"));
          return;
        }
        ctx.state.pings++;
        ctx.reply("heartbeat:ping", { timestamp: iso(ctx.now()), sequence: ctx.state.pings });
      },
    };
    heartbeats.add(ctx.state.heart);
  }

  return { enter, objection, onRoomRemoved };
}
