import { z } from "zod";
import { id } from "../../../core/protocol/identifiers.ts";
import { text } from "../../../core/protocol/text-schemas.ts";
import { isoTime, name, oneOf } from "./fields.ts";

/** Contract: Social Events. */
export const createSocial = (content: z.ZodString) => ({
  "friend.request": z
    .object({
      requestId: id,
      fromUserId: id,
      fromUserName: name,
      toUserId: id,
      message: text(500).optional(),
      sentAt: isoTime,
    })
    .meta({
      examples: [
        {
          requestId: "request-1",
          fromUserId: "u1",
          fromUserName: "Mia",
          toUserId: "u2",
          message: "Shall we keep each other going?",
          sentAt: "2026-03-02T08:00:00.000Z",
        },
      ],
    }),
  /** `userId` accepts what `friendId` asked. */
  "friend.accepted": z
    .object({ friendshipId: id, userId: id, friendId: id, friendName: name, acceptedAt: isoTime })
    .meta({
      examples: [
        {
          friendshipId: "friendship-1",
          userId: "u1",
          friendId: "u2",
          friendName: "Noah",
          acceptedAt: "2026-03-02T08:05:00.000Z",
        },
      ],
    }),
  "post.created": z
    .object({
      postId: id,
      authorId: id,
      authorName: name,
      content,
      type: oneOf("achievement", "progress", "tip", "question"),
      createdAt: isoTime,
    })
    .meta({
      examples: [
        {
          postId: "post-1",
          authorId: "u1",
          authorName: "Mia",
          content: "Frozen berries are as good as fresh ones.",
          type: "tip",
          createdAt: "2026-03-02T08:10:00.000Z",
        },
      ],
    }),
  "post.liked": z.object({ postId: id, userId: id, userName: name, likedAt: isoTime }).meta({
    examples: [{ postId: "post-1", userId: "u1", userName: "Mia", likedAt: "2026-03-02T08:11:00.000Z" }],
  }),
});
