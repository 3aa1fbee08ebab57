import { DefaultRestOptions, DiscordAPIError, REST } from "@discordjs/rest";
import { WebSocketManager, WebSocketShardEvents } from "@discordjs/ws";
import { type APIGatewayBotInfo, APIVersion, GatewayIntentBits } from "discord-api-types/v10";
import type { Clock } from "../core/ports/clock.ts";
import type { Post } from "../core/protocol/posting.ts";
import { Guilds } from "./discord-guilds.ts";
import { Sessions } from "./discord-sessions.ts";
import { InOrder } from "./in-order.ts";

const RETRY_MS = 5_000;

export interface DiscordSourceParts {
  readonly botToken: string;
  /** Connects to this URL; if undefined, Discord is asked for its gateway. */
  readonly gatewayUrl?: string | undefined;
  readonly apiUrl?: string;
  readonly clock: Clock;
  /** A line for the operator. It never holds the token or a name. */
  readonly log: { info(line: string): void; warn(line: string): void };
  /** Resolves once all are stored. If it rejects, it may be called with the same posts again. */
  post(posts: readonly Post[]): Promise<unknown>;
}

/**
 * Posts the events of the voice channels of all guilds that a Discord bot is in. They come in order and once
 * each, over dropped connections and new sessions; events during a downtime of this server are missing.
 */
export function startDiscordSource(parts: DiscordSourceParts): { stop(): void } {
  const { botToken, gatewayUrl, apiUrl = DefaultRestOptions.api, clock, log } = parts;
  const sessions = new Sessions(clock);
  const guilds = new Map<number, Guilds>();
  const ready = new Set<number>();
  const lastCode = new Map<number, number>();
  const posts = new InOrder(clock, parts.post, (line) => log.warn(`Discord: ${line}`));
  let over = false;

  const rest = new REST({ api: apiUrl, version: APIVersion, hashSweepInterval: 0, handlerSweepInterval: 0 });
  const gateway = new Gateway(gatewayUrl, {
    token: botToken,
    intents: GatewayIntentBits.Guilds | GatewayIntentBits.GuildVoiceStates,
    rest: rest.setToken(botToken),
    retrieveSessionInfo: sessions.retrieve,
    updateSessionInfo: sessions.update,
  });

  const isReady = (id: number, how: string) => {
    ready.add(id);
    log.info(`Discord: ${how}`);
  };
  gateway.on(WebSocketShardEvents.Dispatch, (dispatch, id) => {
    const ofShard = guilds.get(id) ?? new Guilds();
    guilds.set(id, ofShard);
    try {
      const happened = ofShard.read(dispatch);
      if (happened.length > 0) posts.add(happened);
    } catch {
      log.warn(`Discord: a ${dispatch.t} of an unknown shape was ignored`);
    }
  });
  gateway.on(WebSocketShardEvents.Hello, sessions.reached);
  gateway.on(WebSocketShardEvents.Ready, (_, id) => isReady(id, "connected"));
  gateway.on(WebSocketShardEvents.Resumed, (id) => isReady(id, "resumed"));
  gateway.on(WebSocketShardEvents.SocketError, (_, id) => sessions.unreachable(id));
  gateway.on(WebSocketShardEvents.Closed, (code, id) => {
    lastCode.set(id, code);
    if (ready.delete(id) && !over) log.warn(`Discord: the connection was closed (${code})`);
  });
  // Errors from which the library does not recover.
  gateway.on(WebSocketShardEvents.Error, ({ message }, id) => end(`${message} (${lastCode.get(id)})`));

  function end(why: string): void {
    if (over) return;
    over = true;
    log.warn(`Discord: ${why}; no more events will come until the next start: check DISCORD_BOT_TOKEN`);
  }

  async function connect(): Promise<void> {
    if (over) return;
    try {
      await gateway.connect();
    } catch (error) {
      if (over) return;
      if (error instanceof DiscordAPIError && error.status === 401) return end("Authentication failed (401)");
      const why = error instanceof Error ? error.message : "no reason given";
      log.warn(`Discord: cannot connect (${why}); next try in ${RETRY_MS / 1_000} s`);
      clock.after(RETRY_MS, () => void connect());
    }
  }
  void connect();

  return {
    stop() {
      over = true;
      posts.stop();
      sessions.stop();
      void gateway.destroy();
    },
  };
}

class Gateway extends WebSocketManager {
  constructor(
    private readonly url: string | undefined,
    options: ConstructorParameters<typeof WebSocketManager>[0],
  ) {
    super(options);
  }

  override async fetchGatewayInformation(force?: boolean): Promise<APIGatewayBotInfo> {
    if (this.url === undefined) return super.fetchGatewayInformation(force);
    const limit = { total: 1, remaining: 1, reset_after: 0, max_concurrency: 1 };
    return { url: this.url, shards: 1, session_start_limit: limit };
  }
}
