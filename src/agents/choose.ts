import type { Config } from "../config.ts";
import type { Agent } from "../core/ports/agent.ts";
import { offlineAgent } from "./offline.ts";
import { createOpenAiAgent } from "./openai.ts";
import { readPrompts } from "./prompts.ts";

/**
 * The agent of the configured endpoint, or the offline agent when `AI_BASE_URL` is unset. Throws
 * `ConfigError` when `AI_PROMPTS_FILE` cannot be used, even if no agent needs it yet.
 */
export function createAgent(config: Config): Agent {
  const prompts = readPrompts(config.AI_PROMPTS_FILE);
  if (config.AI_BASE_URL === undefined || config.AI_MODEL === undefined) return offlineAgent;
  return createOpenAiAgent({
    baseURL: config.AI_BASE_URL,
    apiKey: config.AI_API_KEY,
    model: config.AI_MODEL,
    timeoutMs: config.AI_TIMEOUT_MS,
    prompts,
  });
}
