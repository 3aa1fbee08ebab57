import { z } from "zod";
import { id } from "../../core/protocol/identifiers.ts";
import { text } from "../../core/protocol/text-schemas.ts";

const name = text(200);

/** Messages that clients send (contract: Client → Server Messages). */
export const messages = {
  auth: z.object({ token: z.string() }).meta({ examples: [{ token: "<token>" }] }),
};

/** Events that the server sends, as the `payload` (contract: Server → Client Messages). */
export const events = {
  "voice.joined": z
    .object({
      guildId: id,
      channelId: id,
      userId: id,
      username: name,
      /** Hash of the avatar; null for a user without one. */
      avatar: name.nullable(),
    })
    .meta({
      examples: [
        {
          guildId: "123456789012345678",
          channelId: "123456789012345679",
          userId: "123456789012345680",
          username: "PlayerName",
          avatar: "a_1234567890abcdef",
        },
      ],
    }),
  "voice.left": z
    .object({ guildId: id, channelId: z.null(), userId: id })
    .meta({ examples: [{ guildId: "123456789012345678", channelId: null, userId: "123456789012345680" }] }),
  "room.created": z.object({ guildId: id, channelId: id, name, userLimit: z.int().min(0) }).meta({
    examples: [
      {
        guildId: "123456789012345678",
        channelId: "123456789012345679",
        name: "My Game Room",
        userLimit: 4,
      },
    ],
  }),
  "room.deleted": z
    .object({ guildId: id, channelId: id })
    .meta({ examples: [{ guildId: "123456789012345678", channelId: "123456789012345679" }] }),
};
