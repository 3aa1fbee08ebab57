import { textFrame } from "./frames.ts";
import { tokenFor } from "./token.ts";

/** What a backend posts to a contract, and how it arrives. An event is known by the nine digits of its id. */
export interface Posted {
  path: string;
  subprotocol?: string;
  /** What a viewer says first. */
  hello(viewer: number, secret: string): Promise<Buffer>;
  /** The event that is the `index`th of its request. */
  event(index: number, digits: string): object;
  /** Where in a frame one byte tells its kind, and the kinds: the answer to the hello, the event, what else may come. */
  kindAt: number;
  kinds: { welcome: string; event: string; others: string };
  /** Where in the event's frame the digits of its id are. */
  digitsAt: number;
}

const names = ["Ada", "Bartholomäus", "chris_42", "Dao", "Эмма", "Femi of the Long Name"];
const gifts = ["rose", "diamond", "rocket", "star", "heart"];

/** Whole gifts, so that the bare server can publish the same bytes; the server remembers and counts each all the same. */
const gift = (index: number, digits: string) => ({
  giftId: `g-${digits}`,
  giftType: gifts[index % gifts.length],
  quantity: 1 + (index % 3),
  totalValue: 10 * (1 + (index % 20)),
  sender: {
    userId: `user-${index}`,
    username: names[index % names.length],
    avatar: `https://cdn.example.com/avatars/user-${index}.png`,
    isSubscriber: index % 2 === 0,
    isModerator: index % 10 === 0,
  },
  animation: {
    type: "particle",
    duration: 3000,
    assetUrl: "https://cdn.example.com/animations/particles.webm",
    soundUrl: "https://cdn.example.com/sounds/chime.mp3",
  },
  metadata: { isStreak: false, comboCount: 1, rank: 7, timestamp: "2025-10-28T23:59:59.999Z" },
});

export const posted = {
  hyperfocus: {
    path: "/ws",
    subprotocol: "hyperfocus-protocol-v1",
    hello: async (viewer) =>
      textFrame({
        type: "connection:init",
        payload: {
          clientId: `viewer-${viewer}`,
          streamId: "s1",
          clientType: "viewer",
          capabilities: ["webgl"],
          version: "1.0.0",
        },
        timestamp: new Date().toISOString(),
      }),
    event: (index, digits) => ({
      room: "stream:s1",
      type: "gift:received",
      data: gift(index, digits),
    }),
    kindAt: '{"type":"'.length,
    // connection:ack, gift:received, stream:status and heartbeat:ping.
    kinds: { welcome: "c", event: "g", others: "sh" },
    digitsAt: '{"type":"gift:received","payload":{"giftId":"g-'.length,
  },
  discord: {
    path: "/api/ws",
    hello: async (viewer, secret) =>
      textFrame({
        v: 1,
        type: "auth",
        token: await tokenFor(`user-${viewer}`, "guild:1", secret),
        ts: Date.now(),
      }),
    event: (_index, channelId) => ({
      room: "guild:1",
      type: "room.created",
      data: { guildId: "1", channelId, name: "The game room of all of us", userLimit: 4 },
    }),
    // The second letters of ack, event and error.
    kindAt: '{"v":1,"type":"e'.length,
    kinds: { welcome: "c", event: "v", others: "" },
    digitsAt: '{"v":1,"type":"event","event":"room.created","payload":{"guildId":"1","channelId":"'.length,
  },
} satisfies Record<string, Posted>;

export type PostContract = keyof typeof posted;
