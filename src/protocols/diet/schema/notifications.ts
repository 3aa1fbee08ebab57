import { z } from "zod";
import { id } from "../../../core/protocol/identifiers.ts";
import { description, isoTime, link, oneOf, title } from "./fields.ts";

/** Contract: Notification Events. */
export const notifications = {
  notification: z
    .object({
      notificationId: id,
      userId: id,
      title,
      message: description,
      type: oneOf("info", "success", "warning", "error"),
      category: oneOf("task", "achievement", "social", "system"),
      actionUrl: link.optional(),
      createdAt: isoTime,
    })
    .meta({
      examples: [
        {
          notificationId: "notification-1",
          userId: "u1",
          title: "Achievement unlocked",
          message: "You are an Early Bird now.",
          type: "success",
          category: "achievement",
          actionUrl: "/achievements/early-bird",
          createdAt: "2026-03-02T07:45:05.000Z",
        },
      ],
    }),
  "notification.read": z.object({ notificationId: id, userId: id, readAt: isoTime }).meta({
    examples: [{ notificationId: "notification-1", userId: "u1", readAt: "2026-03-02T07:46:00.000Z" }],
  }),
};
