import { type ChannelType, GatewayDispatchEvents } from "discord-api-types/v10";
import type { DiscordGateway } from "./discord-gateway.ts";

interface Channel {
  readonly id: string;
  readonly type: ChannelType;
  readonly name: string;
  readonly user_limit?: number;
}

interface User {
  readonly id: string;
  readonly username: string;
  readonly global_name: string | null;
  readonly avatar: string | null;
}

/** A guild as it is now. */
export interface GuildState {
  readonly id: string;
  readonly channels: Map<string, Channel>;
  readonly voices: Map<string, { readonly user: User; readonly channelId: string }>;
}

/** A user with a display name; `ada` is shown as `Ada`. */
export const user = (id: string): User => ({
  id,
  username: id,
  global_name: `${id.slice(0, 1).toUpperCase()}${id.slice(1)}`,
  avatar: `a_${id}`,
});

/** The guild as a new session is told of it. */
export const guildCreate = ({ id, channels, voices }: GuildState) => ({
  id,
  name: "A guild",
  channels: [...channels.values()],
  members: [...voices.values()].map(({ user }) => ({ user, nick: null })),
  voice_states: [...voices.values()].map(({ user, channelId }) => voiceState(user.id, channelId)),
});

const voiceState = (userId: string, channelId: string | null) => ({
  user_id: userId,
  channel_id: channelId,
  session_id: "voice",
  ...{ mute: false, deaf: false, self_mute: false, self_deaf: false, self_video: false, suppress: false },
});

/** People and channels of a guild: what they do is dispatched, and what has become of them is told to new sessions. */
export class Guild {
  readonly state: GuildState;

  constructor(
    private readonly gateway: DiscordGateway,
    readonly id: string,
  ) {
    this.state = { id, channels: new Map(), voices: new Map() };
    gateway.guilds.set(id, this.state);
  }

  /** Enters a channel, from wherever the user was. */
  enter(who: User, channelId: string): void {
    this.state.voices.set(who.id, { user: who, channelId });
    this.voiceState(who, channelId);
  }

  leave(who: User): void {
    this.state.voices.delete(who.id);
    this.voiceState(who, null);
  }

  /** Tells of a voice state, whether something changes or not. */
  voiceState(who: User, channelId: string | null, more: object = {}): void {
    this.gateway.dispatch(GatewayDispatchEvents.VoiceStateUpdate, {
      guild_id: this.id,
      member: { user: who, nick: null },
      ...voiceState(who.id, channelId),
      ...more,
    });
  }

  create(channel: Channel): void {
    this.state.channels.set(channel.id, channel);
    this.gateway.dispatch(GatewayDispatchEvents.ChannelCreate, { ...channel, guild_id: this.id });
  }

  remove(id: string): void {
    const channel = this.state.channels.get(id);
    this.state.channels.delete(id);
    this.gateway.dispatch(GatewayDispatchEvents.ChannelDelete, { ...channel, guild_id: this.id });
  }

  /** The bot is told of it as when it has just come in. */
  announce(): void {
    this.gateway.dispatch(GatewayDispatchEvents.GuildCreate, guildCreate(this.state));
  }

  /** Out of reach for an outage, or for good. */
  vanish(unavailable: boolean): void {
    this.gateway.dispatch(GatewayDispatchEvents.GuildDelete, {
      id: this.id,
      ...(unavailable && { unavailable }),
    });
  }
}
