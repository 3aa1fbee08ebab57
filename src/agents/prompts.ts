import { z } from "zod";
import { readPrivateFile } from "../config/private-file.ts";
import { ConfigError } from "../config.ts";

export interface Prompts {
  /**
   * The system prompt of a persona: its own, else the file's `default`, else the built-in prompt. The id
   * comes from strangers, so it only selects a prompt and never becomes part of one.
   */
  promptFor(agentId: string): string;
}

const generic =
  "You are a helpful assistant in a chat. Answer the last message, clearly and briefly, in its language.";

const shape = z.record(
  z.string(),
  z.string().refine((prompt) => prompt.trim() !== ""),
);

/**
 * Reads `AI_PROMPTS_FILE`: one JSON object from agent id to prompt, such as `{ "therapist": "You are ...",
 * "default": "..." }`. Without a file every persona gets the built-in prompt. Throws `ConfigError` when the
 * file cannot be used.
 */
export function readPrompts(file: string | undefined): Prompts {
  const prompts = file === undefined ? {} : parse(read(file));
  return {
    promptFor(agentId) {
      const own = Object.hasOwn(prompts, agentId) ? prompts[agentId] : undefined;
      return own ?? prompts["default"] ?? generic;
    },
  };
}

function read(file: string): string {
  try {
    return readPrivateFile(file);
  } catch (error) {
    const why = error instanceof Error && "code" in error ? error.code : error;
    const code = ` (${why instanceof Error ? why.message : why})`;
    throw new ConfigError(`AI_PROMPTS_FILE: must be a readable file${code}`);
  }
}

// Neither error quotes the file: a path set by mistake may lead to a secret.
function parse(text: string): Record<string, string> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ConfigError("AI_PROMPTS_FILE: must be a JSON file");
  }
  const parsed = shape.safeParse(json);
  if (!parsed.success) {
    throw new ConfigError(
      'AI_PROMPTS_FILE: must be one JSON object from agent id to prompt, such as { "default": "You are ..." }',
    );
  }
  return parsed.data;
}
