import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Core } from "../core/core.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Leases } from "../log/leases.ts";

/**
 * Starts the sources of events from outside; undefined without one. Of several nodes, the holder of the lease runs
 * them: two bots would post each event twice.
 */
export async function startSources(
  config: Config,
  clock: Clock,
  log: Logger,
  core: Core,
  leases: Leases | undefined,
): Promise<{ stop(): void } | undefined> {
  const { DISCORD_BOT_TOKEN: botToken, DISCORD_GATEWAY_URL: gatewayUrl } = config;
  if (botToken === undefined) return undefined;
  // Loaded only for a server with a bot: its library takes 70 ms and 6 MB.
  const { startDiscordSource } = await import("../sources/discord.ts");
  const start = (term?: number) =>
    startDiscordSource({
      ...{ botToken, gatewayUrl, clock, log },
      post: async (posts) =>
        core.post("discord", term === undefined ? posts : posts.map((one) => ({ ...one, term }))),
    });
  if (!leases) return start();
  let running: { stop(): void } | undefined;
  const stop = () => {
    running?.stop();
    running = undefined;
  };
  leases.hold("discord", {
    start(term) {
      running = start(term);
    },
    stop,
  });
  return { stop };
}
