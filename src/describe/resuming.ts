import { z } from "zod";
import { place, verdict } from "../core/inbound/verdict.ts";
import type { Schemas } from "../core/protocol/schemas.ts";

// What the core adds to every endpoint of every contract (docs/resume.md).

export const resumeQuery = {
  offsets: z.literal("1").optional().describe("Frames of stored events also say their room and offset."),
  resume: z
    .string()
    .optional()
    .describe(
      "<room>@<offset>,...: the last offset that the client has of each room. Missed events are sent.",
    ),
};

/** The data of frames that only those get who ask for offsets. */
export const resumeFrames = { placed: place, resumed: verdict } satisfies Schemas;
