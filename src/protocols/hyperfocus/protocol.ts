import type { History } from "../../core/ports/history.ts";
import type { Context } from "../../core/protocol/context.ts";
import type { Services } from "../../core/protocol/protocol.ts";
import { defineProtocol } from "../../core/protocol/protocol.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { iso } from "../../core/protocol/time.ts";
import { type AckEntries, applies as ackApplies, hostKey, toSendAgain } from "./acks.ts";
import { StatusBoard } from "./board.ts";
import { type Client, clientOf, costOfAck, describe, open, type State } from "./client.ts";
import { Deliveries } from "./deliveries.ts";
import { decode, encode, frames } from "./frames.ts";
import {
  checkRoom,
  cleaned,
  type GiftEntries,
  applies as giftApplies,
  repeats as giftRepeats,
  RECEIVED,
} from "./gifts.ts";
import { Heartbeats } from "./heartbeats.ts";
import { historyView, personalData } from "./redaction.ts";
import { createRefuse } from "./refuse.ts";
import {
  events,
  type Init,
  messages,
  type PostedGift,
  type PostedStatus,
  postedGift,
  postedStatus,
} from "./schema.ts";
import {
  cleaned as cleanedStatus,
  applies as statusApplies,
  statusOf,
  repeats as statusRepeats,
} from "./status.ts";
import { roomOf, Stream } from "./stream.ts";

const AUTH_MS = 5_000;
const HEARTBEAT_MS = 15_000;
/**
 * A client that leaves this many `heartbeat:ping` in a row unanswered is closed: pongs keep the connection
 * (Integration Guidelines, 5). That its WebSocket library answers says nothing of the page that should render gifts.
 */
const MAX_UNANSWERED = 4;
/** Features of the server for clients that can use them too. */
const FEATURES = ["webgl", "webgpu", "notifications"];

/** No limit, as a number that JSON can express; 0 would mean that no gifts are shown. */
const NO_PACE = Number.MAX_SAFE_INTEGER;

type Entries = GiftEntries & AckEntries & { status: PostedStatus };
type Ctx = Context<typeof events, Entries, State>;

/** Hyperfocus: a live stream's gifts and status, for its viewers and its hosts. */
export function hyperfocus({
  clock,
  history,
  rank,
  roster,
  settings,
  state,
  systemSender,
}: Services<typeof events, Entries, Stream>) {
  const pace = settings.maxGiftsPerSecond;
  const pingInterval = settings.heartbeatMs ?? HEARTBEAT_MS;
  /** By stream, the viewers' clientIds. */
  const viewers = roster<true>("hyperfocus viewers", ({ group: room }, tell) =>
    board.look(room, (status) => tell(room, "stream:status", status)),
  );
  const heartbeats = new Heartbeats(clock, pingInterval);
  const status = (room: string) => statusOf(state(room), viewers.size(room));
  const board = new StatusBoard(clock, status, (room, now) =>
    systemSender.relayLocal(room, "stream:status", now),
  );
  const deliveries = new Deliveries({
    ...{ clock, pace, rank, stream: state },
    release: (room, applied, refused) => systemSender.record(room, "release", { pace }, { applied, refused }),
  });

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
    leave(ctx, room);
    const key = isHost ? hostKey(ctx.identity.userId, init.clientId) : undefined;
    const client = { init, room, isHost, key, since: Number.POSITIVE_INFINITY, again: 0, acks: 0 };
    ctx.state.client = client;
    ctx.state.unanswered = 0;
    if (key !== undefined) ctx.record(room, "host", { client: key });
    if (!isHost) viewers.set(ctx, room, init.clientId, true);
    ctx.undo(() => {
      ctx.state.client = before;
    });
    const after = ctx.resumes(room);
    ctx.join(room, () => greet(ctx, client, after), { usual: () => again(ctx, client) });
    startHeartbeat(ctx);
    // After a restart nothing else starts the timer.
    deliveries.look(room);
  }

  /** Everything before the first live gift. `after`: the host resumes, and gets the gifts after this offset. */
  function greet(ctx: Ctx, client: Client, after: number | undefined): string[] {
    const { init, room } = client;
    const now = ctx.now();
    client.since = state(room).delivered;
    if (after !== undefined) client.again = client.since - (history.at(room, after)?.count ?? 0);
    board.joined(room, (status) => ctx.relayLocal(room, "stream:status", status));
    const features = FEATURES.filter((feature) => init.capabilities.includes(feature));
    const config = { pingInterval, maxGiftsPerSecond: pace || NO_PACE, features };
    const ack = { sessionId: crypto.randomUUID(), serverTime: iso(now), config };
    return [
      encode("connection:ack", JSON.stringify(ack), now),
      encode("stream:status", JSON.stringify(status(room)), now),
    ];
  }

  /** What a host has not acknowledged. */
  function again(ctx: Ctx, client: Client): string[] {
    const { key, room } = client;
    const { delivered, hosts } = state(room);
    const host = hosts.get(key ?? "");
    const again = toSendAgain(history, room, { delivered, host }, settings.maxFrameBytes);
    client.again = again.length;
    return again.map((event) => ctx.withOffset(encode(RECEIVED, event.body, event.time), event));
  }

  function leave(ctx: Ctx, next: string): void {
    const { client } = ctx.state;
    if (!client) return;
    // Who comes back to the same stream goes on hearing what it has missed of it.
    if (client.room !== next) ctx.leave(client.room);
    viewers.delete(ctx, client.room, client.init.clientId);
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

  return defineProtocol({
    name: "hyperfocus",
    paths: [settings.path],
    subprotocol: "hyperfocus-protocol-v1",
    roomKinds: ["stream"],
    guests: true,
    timeouts: { authMs: settings.authMs ?? AUTH_MS, heartbeatMs: pingInterval },
    limitBy: "connection",
    messages,
    events,
    frames,
    rules: {
      "connection:init": { allow: "guest", cost: 1 },
      "heartbeat:pong": { allow: "guest", cost: 1 },
      "gift:ack": { allow: "guest", cost: (own: State) => costOfAck(own, (room) => state(room).delivered) },
      error: { allow: "guest", cost: 1 },
    },

    open,
    token: (url) => url.searchParams.get("token") ?? undefined,
    entrance: ({ entering }) => entering,
    decode,
    envelope: (kind, body, { time }) => encode(kind, body, time),
    refuse: createRefuse(clock),

    handlers: {
      "connection:init"(ctx, init) {
        // The first token counts: a connection keeps the user of its first token.
        if (init.token !== undefined && ctx.isGuest) {
          ctx.state.entering = init.clientType === "host" ? roomOf(init.streamId) : undefined;
          ctx.authenticate(init.token, () => enter(ctx, init));
        } else {
          // Thrown, so that a node which is behind judges it again.
          const refusal = objection(ctx, init);
          if (refusal) throw refusal;
          enter(ctx, init);
        }
      },

      "heartbeat:pong"(ctx, { sequence, stats }) {
        clientOf(ctx.state);
        ctx.state.unanswered = 0;
        ctx.state.pong = { time: ctx.now(), sequence, stats };
      },

      "gift:ack"(ctx, { giftId, rendered }) {
        const { key, room } = clientOf(ctx.state);
        ctx.state.unanswered = 0;
        if (key !== undefined && !ctx.may(room)) throw new Refusal("forbidden");
        if (!rendered) ctx.state.notRendered++;
        if (key !== undefined) ctx.record(room, "ack", { client: key, giftId });
        // Nobody asks what a viewer has rendered, and viewers need no account: nothing of it is stored.
        else if (!history.byExternalId(room, giftId)) throw new Refusal("not_found");
      },

      error(ctx) {
        clientOf(ctx.state);
        ctx.state.unanswered = 0;
        ctx.state.errors++;
      },
    },
    applies: { ...giftApplies, ...ackApplies, ...statusApplies },
    repeats: { ...giftRepeats, ...statusRepeats },
    restore: (room: string, history: History) => new Stream(room, history),
    posts: {
      "gift:received": {
        schema: postedGift,
        entry: "gift",
        to: ["room"],
        id: ({ giftId }) => giftId,
        prepare(gift: PostedGift, room): Entries["gift"] {
          checkRoom(state(room));
          return { gift: cleaned(gift), pace };
        },
      },
      "stream:status": {
        schema: postedStatus,
        entry: "status",
        to: ["room"],
        prepare: cleanedStatus,
      },
    },
    historyView,
    personalData,
    describe,
    isPublic: ({ client }) => client !== undefined && !client.isHost,

    onClosed({ state: { heart } }) {
      if (heart) heartbeats.delete(heart);
    },
    onStored({ room, time }) {
      deliveries.look(room, clock.now() - time);
      board.look(room);
    },
    onRoomEmptied: (room) => board.emptied(room),
    onStop() {
      heartbeats.stop();
      deliveries.stop();
      board.stop();
    },
  });
}
