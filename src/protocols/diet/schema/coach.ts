import { z } from "zod";
import { id } from "../../../core/protocol/identifiers.ts";
import { text } from "../../../core/protocol/text-schemas.ts";
import { between, description, isoTime, listOf, oneOf, title } from "./fields.ts";

/** Contract: AI Coach Events. `userId` is the user in the conversation, no matter which side speaks. */
export const createCoach = (content: z.ZodString) => ({
  "ai.coach.message": z
    .object({
      messageId: id,
      conversationId: id,
      userId: id,
      message: content,
      isFromAI: z.boolean(),
      timestamp: isoTime,
      suggestions: listOf(text(500), 10).optional(),
    })
    .meta({
      examples: [
        {
          messageId: "coach-2",
          conversationId: "coach-u1",
          userId: "u1",
          message: "Try yoghurt with nuts: it keeps you full until lunch.",
          isFromAI: true,
          timestamp: "2026-03-02T08:20:02.000Z",
          suggestions: ["Show me a recipe", "What about fruit?"],
        },
      ],
    }),
  "ai.insight": z
    .object({
      insightId: id,
      userId: id,
      type: oneOf("nutrition", "progress", "habit", "goal"),
      title,
      description,
      confidence: between(0, 1),
      actionable: z.boolean(),
      createdAt: isoTime,
    })
    .meta({
      examples: [
        {
          insightId: "insight-1",
          userId: "u1",
          type: "habit",
          title: "Breakfast makes your day",
          description: "On days with breakfast you snack half as often.",
          confidence: 0.82,
          actionable: true,
          createdAt: "2026-03-02T08:21:00.000Z",
        },
      ],
    }),
});

/** A user's question to the coach. */
export const createCoachQuestion = (content: z.ZodString) =>
  createCoach(content)
    ["ai.coach.message"].extend({ isFromAI: z.literal(false, "must be false") })
    .meta({
      examples: [
        {
          messageId: "coach-1",
          conversationId: "coach-u1",
          userId: "u1",
          message: "What can I eat between meals?",
          isFromAI: false,
          timestamp: "2026-03-02T08:20:00.000Z",
        },
      ],
    });
