import { z } from "zod";
import { id } from "../../core/names.ts";

const name = z
  .string()
  .max(200, "must have at most 200 characters")
  .refine((text) => text.isWellFormed(), {
    message: "must not have lone surrogates",
  });

/** What clients send (contract: Client → Server Messages). */
export const messages = {
  auth: z.object({ token: z.string() }),
};

/** What the server sends, as the `payload` of an event (contract: Server → Client Messages). */
export const events = {
  "voice.joined": z.object({
    guildId: id,
    channelId: id,
    userId: id,
    username: name,
    /** Hash of the avatar; null for a user who has none. */
    avatar: name.nullable(),
  }),
  "voice.left": z.object({ guildId: id, channelId: z.null(), userId: id }),
  "room.created": z.object({ guildId: id, channelId: id, name, userLimit: z.int().min(0) }),
  "room.deleted": z.object({ guildId: id, channelId: id }),
};
