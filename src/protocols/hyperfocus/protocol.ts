import type { History } from "../../core/ports/history.ts";
import { defineProtocol, type Services } from "../../core/protocol/protocol.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { applies as ackApplies } from "./acks.ts";
import { StatusBoard } from "./board.ts";
import { clientOf, costOfAck, describe, type Entries, open, type State } from "./client.ts";
import { Deliveries } from "./deliveries.ts";
import { decode, encode, frames } from "./frames.ts";
import { checkRoom, cleaned, applies as giftApplies, repeats as giftRepeats } from "./gifts.ts";
import { createHandshake } from "./handshake.ts";
import { Heartbeats } from "./heartbeats.ts";
import { historyView, personalData } from "./redaction.ts";
import { createRefuse } from "./refuse.ts";
import { events, messages, type PostedGift, postedGift, postedStatus } from "./schema.ts";
import {
  cleaned as cleanedStatus,
  applies as statusApplies,
  statusOf,
  repeats as statusRepeats,
} from "./status.ts";
import { roomOf, Stream } from "./stream.ts";

const AUTH_MS = 5_000;
const HEARTBEAT_MS = 15_000;
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
    board.update(room, (status) => tell(room, "stream:status", status)),
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

  const { enter, objection, onRoomRemoved } = createHandshake(
    { history, settings, state },
    { board, deliveries, heartbeats, pingInterval, status, viewers },
  );

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
      deliveries.schedule(room, clock.now() - time);
      board.update(room);
    },
    onRoomRemoved,
    onRoomEmptied: (room) => board.emptied(room),
    onRoomDeleted: (room) => board.update(room),
    onStop() {
      heartbeats.stop();
      deliveries.stop();
      board.stop();
    },
  });
}
