import { z } from "zod";
import { id } from "../../../core/protocol/identifiers.ts";
import { conversationId, count, groupId, isoTime, listOf, name, url, word } from "./fields.ts";

/**
 * The contract names attachments and leaves them open. `type` is a MIME type or the app's own word, `size` is
 * in bytes.
 */
const attachment = z.object({
  id: id.optional(),
  type: word,
  url,
  name: name.optional(),
  size: count.optional(),
});

const MAX_ATTACHMENTS = 10;
const MAX_MENTIONS = 50;

/** Contract: Chat and Messaging. */
export const createChat = (content: z.ZodString) => ({
  "direct.message": z
    .object({
      messageId: id,
      fromUserId: id,
      toUserId: id,
      content,
      timestamp: isoTime,
      isRead: z.boolean(),
      attachments: listOf(attachment, MAX_ATTACHMENTS).optional(),
    })
    .meta({
      examples: [
        {
          messageId: "message-1",
          fromUserId: "u1",
          toUserId: "u2",
          content: "Look what I had for breakfast!",
          timestamp: "2026-03-02T08:30:00.000Z",
          isRead: false,
          attachments: [
            {
              id: "photo-1",
              type: "image/jpeg",
              url: "https://photos.example/breakfast.jpg",
              name: "breakfast.jpg",
              size: 48_213,
            },
          ],
        },
      ],
    }),
  /** About a message that `userId` received. In the example its author is `u2`. */
  "message.read": z.object({ messageId: id, userId: id, readAt: isoTime }).meta({
    examples: [{ messageId: "message-2", userId: "u1", readAt: "2026-03-02T08:31:00.000Z" }],
  }),
  "typing.indicator": z
    .object({ userId: id, isTyping: z.boolean(), conversationId })
    .meta({ examples: [{ userId: "u1", isTyping: true, conversationId: "dm:u1:u2" }] }),
  "group.message": z
    .object({
      messageId: id,
      groupId,
      fromUserId: id,
      content,
      timestamp: isoTime,
      /** User ids. */
      mentions: listOf(id, MAX_MENTIONS).optional(),
    })
    .meta({
      examples: [
        {
          messageId: "message-3",
          groupId: "g1",
          fromUserId: "u1",
          content: "Who cooks tonight? @Noah?",
          timestamp: "2026-03-02T08:32:00.000Z",
          mentions: ["u2"],
        },
      ],
    }),
  "group.member.joined": z.object({ groupId, userId: id, userName: name, joinedAt: isoTime }).meta({
    examples: [{ groupId: "g1", userId: "u1", userName: "Mia", joinedAt: "2026-03-02T08:15:00.000Z" }],
  }),
  "group.member.left": z.object({ groupId, userId: id, userName: name, leftAt: isoTime }).meta({
    examples: [{ groupId: "g1", userId: "u1", userName: "Mia", leftAt: "2026-03-02T09:00:00.000Z" }],
  }),
});
