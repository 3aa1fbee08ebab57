import { z } from "zod";
import { count, description, isoTime, listOf, name, oneOf } from "./fields.ts";

const service = oneOf("up", "down");

/** Contract: System Status Events, Error Handling, Rate Limiting. */
export const system = {
  "system.status": z
    .object({
      status: oneOf("healthy", "degraded", "down"),
      services: z.object({ api: service, database: service, ai: service, notifications: service }),
      message: description.optional(),
      timestamp: isoTime,
    })
    .meta({
      examples: [
        {
          status: "degraded",
          services: { api: "up", database: "up", ai: "down", notifications: "up" },
          message: "The coach is resting.",
          timestamp: "2026-03-02T09:30:00.000Z",
        },
      ],
    }),
  maintenance: z
    .object({
      startTime: isoTime,
      endTime: isoTime,
      description,
      affectedServices: listOf(name, 50),
      isScheduled: z.boolean(),
    })
    .meta({
      examples: [
        {
          startTime: "2026-03-03T02:00:00.000Z",
          endTime: "2026-03-03T02:30:00.000Z",
          description: "The database moves.",
          affectedServices: ["api", "database"],
          isScheduled: true,
        },
      ],
    }),
  error: z
    .object({
      code: oneOf(
        "AUTHENTICATION_FAILED",
        "INVALID_MESSAGE_FORMAT",
        "RATE_LIMIT_EXCEEDED",
        "CONNECTION_TIMEOUT",
        "INTERNAL_SERVER_ERROR",
        "SERVICE_UNAVAILABLE",
      ),
      message: description,
      details: z.unknown().optional(),
      timestamp: isoTime,
    })
    .meta({
      examples: [
        {
          code: "INVALID_MESSAGE_FORMAT",
          message: "Invalid message format",
          details: [{ field: "data", message: "must be an object" }],
          timestamp: "2026-03-02T09:31:00.000Z",
        },
      ],
    }),
  rate_limit_exceeded: z
    .object({
      limit: count,
      /** Milliseconds. */
      window: count,
      resetTime: isoTime,
    })
    .meta({ examples: [{ limit: 60, window: 60_000, resetTime: "2026-03-02T09:32:00.000Z" }] }),
  reconnect: z
    .object({
      attempt: count,
      maxAttempts: count,
      /** Milliseconds. */
      nextAttemptIn: count,
    })
    .meta({ examples: [{ attempt: 1, maxAttempts: 10, nextAttemptIn: 1_250 }] }),
};
