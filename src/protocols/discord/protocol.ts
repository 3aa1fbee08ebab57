import { z } from "zod";
import { id } from "../../core/protocol/identifiers.ts";
import { ERASED_NAME } from "../../core/protocol/personal-data.ts";
import { defineProtocol, type Services } from "../../core/protocol/protocol.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { nameOf, shownText } from "../../core/protocol/shown.ts";
import { ack, decode, event, frames } from "./frames.ts";
import { createRefuse } from "./refuse.ts";
import { events, messages } from "./schema.ts";

const AUTH_MS = 5_000;
const HEARTBEAT_MS = 15_000;

const room = ({ guildId }: { guildId: string }) => `guild:${guildId}`;

/** Claims of another shape grant nothing. */
const guildClaims = z.object({
  guildId: id.transform((guild) => [guild]).catch([]),
  guilds: z.array(id).catch([]),
});

const firstGuild = (rooms: ReadonlySet<string>): string | undefined =>
  [...rooms].find((room) => room !== "guild:*")?.slice("guild:".length);

/** Discord gateway: voice and room events of guilds, from backends to browsers. */
export function discord({ clock, settings }: Services<typeof events, Record<never, never>>) {
  return defineProtocol({
    name: "discord",
    paths: ["/api/ws"],
    roomKinds: ["guild"],
    guests: false,
    timeouts: { authMs: settings.authMs ?? AUTH_MS, heartbeatMs: settings.heartbeatMs ?? HEARTBEAT_MS },
    limitBy: "connection",
    messages,
    events,
    frames,
    rules: { auth: { allow: "guest", cost: 1 } },

    open: () => ({}),
    grants: (claims) => {
      const { guildId, guilds } = guildClaims.parse(claims);
      return [...guildId, ...guilds].map((guild) => `guild:${guild}`);
    },
    decode,
    envelope: (kind, payload, { time }) => event(kind, payload, time),
    refuse: createRefuse(clock),

    handlers: {
      auth(ctx, { token }) {
        if (!ctx.isGuest) throw new Refusal("bad_envelope", "Already authenticated");
        ctx.authenticate(token, (rooms) => ctx.replyFrame(ack(firstGuild(rooms), ctx.now())));
      },
    },
    applies: {},
    posts: {
      "voice.joined": {
        room,
        prepare: ({ username, avatar, ...joined }) => ({
          ...joined,
          username: nameOf({ name: username, userId: joined.userId }),
          avatar: shownText(avatar ?? "", "") || null,
        }),
      },
      "voice.left": { room },
      "room.created": { room, prepare: (made) => ({ ...made, name: shownText(made.name, "Room") }) },
      "room.deleted": { room },
    },

    personalData: { users: { userId: { username: ERASED_NAME, avatar: null } }, authors: [] },
    onRoomGranted: (ctx, room) => ctx.join(room),
  });
}
