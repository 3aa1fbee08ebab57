import { z } from "zod";
import { id } from "../../../core/protocol/identifiers.ts";
import { text } from "../../../core/protocol/text-schemas.ts";
import { count, isoTime, name, progress } from "./fields.ts";

/** Contract: Task Events. The contract names no unit of durations: each app chooses its own. */
export const tasks = {
  "task.started": z
    .object({ taskId: id, userId: id, taskName: name, startedAt: isoTime, estimatedDuration: count })
    .meta({
      examples: [
        {
          taskId: "task-1",
          userId: "u1",
          taskName: "Plan the week's meals",
          startedAt: "2026-03-02T07:30:00.000Z",
          estimatedDuration: 900,
        },
      ],
    }),
  "task.progress": z
    .object({ taskId: id, userId: id, progress, currentStep: text(200), estimatedTimeRemaining: count })
    .meta({
      examples: [
        {
          taskId: "task-1",
          userId: "u1",
          progress: 50,
          currentStep: "Writing the shopping list",
          estimatedTimeRemaining: 450,
        },
      ],
    }),
  "task.completed": z
    .object({
      taskId: id,
      userId: id,
      taskName: name,
      completedAt: isoTime,
      duration: count,
      xpEarned: count,
      coinsEarned: count,
    })
    .meta({
      examples: [
        {
          taskId: "task-1",
          userId: "u1",
          taskName: "Plan the week's meals",
          completedAt: "2026-03-02T07:44:00.000Z",
          duration: 840,
          xpEarned: 50,
          coinsEarned: 10,
        },
      ],
    }),
};
