import { z } from "zod";
import { id } from "../../../core/protocol/identifiers.ts";
import { text } from "../../../core/protocol/text-schemas.ts";
import { between, isoTime, oneOf } from "./fields.ts";

/** Contract: User Activity Events. */
export const activity = {
  "user.activity": z
    .object({
      userId: id,
      activity: oneOf("online", "offline", "idle", "active"),
      timestamp: isoTime,
      location: z.object({ latitude: between(-90, 90), longitude: between(-180, 180) }).optional(),
    })
    .meta({
      examples: [
        {
          userId: "u1",
          activity: "active",
          timestamp: "2026-03-02T07:30:00.000Z",
          location: { latitude: 52.52, longitude: 13.405 },
        },
      ],
    }),
  "user.presence": z
    .object({
      userId: id,
      status: oneOf("online", "away", "busy", "offline"),
      lastSeen: isoTime,
      currentActivity: text(200).optional(),
    })
    .meta({
      examples: [
        {
          userId: "u1",
          status: "online",
          lastSeen: "2026-03-02T07:30:00.000Z",
          currentActivity: "Cooking breakfast",
        },
      ],
    }),
};
