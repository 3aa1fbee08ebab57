import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Core } from "../core/core.ts";
import type { Clock } from "../core/ports/clock.ts";

/** Starts what brings events from outside; undefined where nothing does. */
export async function startSources(config: Config, clock: Clock, log: Logger, core: Core) {
  const { DISCORD_BOT_TOKEN: botToken, DISCORD_GATEWAY_URL: gatewayUrl } = config;
  if (botToken === undefined) return undefined;
  // Loaded only for a server with a bot: its library takes 70 ms and 6 MB.
  const { startDiscordSource } = await import("../sources/discord.ts");
  return startDiscordSource({
    ...{ botToken, gatewayUrl, clock, log },
    post: async (posts) => core.post("discord", posts),
  });
}
