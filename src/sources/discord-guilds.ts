import {
  type APIUser,
  ChannelType,
  GatewayDispatchEvents,
  type GatewayDispatchPayload,
  type GatewayGuildCreateDispatchData,
} from "discord-api-types/v10";
import type { Post } from "../core/protocol/posting.ts";

interface Guild {
  /** The voice channel of each user who is in one. */
  readonly voices: Map<string, string>;
  readonly rooms: Set<string>;
}

type Happening = Pick<Post, "type"> & {
  readonly data: { readonly guildId: string } & Record<string, unknown>;
};

const isVoice = (channel: { readonly type: ChannelType }): boolean =>
  channel.type === ChannelType.GuildVoice || channel.type === ChannelType.GuildStageVoice;

/** The guilds of one shard. It turns the changes of a dispatch into events of the contract. */
export class Guilds {
  #session = "";
  #sequence = 0;
  readonly #guilds = new Map<string, Guild>();

  /** Empty for a dispatch that changes nothing or was read before. */
  read(dispatch: GatewayDispatchPayload): Post[] {
    if (dispatch.t === GatewayDispatchEvents.Ready) this.#session = dispatch.d.session_id;
    else if (dispatch.s <= this.#sequence) return [];
    this.#sequence = dispatch.s;
    return this.#happened(dispatch).map(({ type, data }, index) => ({
      to: { room: `guild:${data.guildId}` },
      type,
      data,
      id: `${this.#session}:${dispatch.s}:${index}`,
    }));
  }

  #happened(dispatch: GatewayDispatchPayload): Happening[] {
    switch (dispatch.t) {
      case GatewayDispatchEvents.Ready: {
        const present = new Set(dispatch.d.guilds.map(({ id }) => id));
        for (const id of this.#guilds.keys()) if (!present.has(id)) this.#guilds.delete(id);
        return [];
      }
      case GatewayDispatchEvents.GuildCreate:
        return dispatch.d.unavailable ? [] : this.#compared(dispatch.d);
      case GatewayDispatchEvents.GuildDelete:
        // During an outage the bot is still in the guild. The old state is compared when the guild is back.
        if (!dispatch.d.unavailable) this.#guilds.delete(dispatch.d.id);
        return [];
      case GatewayDispatchEvents.ChannelCreate:
        return isVoice(dispatch.d) ? this.#created(dispatch.d.guild_id, dispatch.d) : [];
      case GatewayDispatchEvents.ChannelDelete:
        return isVoice(dispatch.d) ? this.#deleted(dispatch.d.guild_id, dispatch.d.id) : [];
      case GatewayDispatchEvents.VoiceStateUpdate: {
        const { guild_id, user_id, channel_id, member } = dispatch.d;
        if (guild_id === undefined) return [];
        return channel_id === null
          ? this.#left(guild_id, user_id)
          : this.#entered(guild_id, user_id, channel_id, member?.user);
      }
      default:
        return [];
    }
  }

  /**
   * Compares a guild with its old state: after a new session this yields the changes that the old session
   * missed. The first state of a guild yields no events, because nobody knows when it came about.
   */
  #compared({ id, channels, voice_states, members }: GatewayGuildCreateDispatchData): Happening[] {
    const isFirst = !this.#guilds.has(id);
    const { rooms, voices } = this.#guild(id);
    const present = channels.filter(isVoice);
    const roomIds = new Set(present.map((channel) => channel.id));
    const userIds = new Set(voice_states.map(({ user_id }) => user_id));
    const users = new Map(members.map(({ user }) => [user.id, user]));
    const happened = [
      ...present.filter((channel) => !rooms.has(channel.id)).flatMap((channel) => this.#created(id, channel)),
      ...[...voices.keys()].filter((user) => !userIds.has(user)).flatMap((user) => this.#left(id, user)),
      ...voice_states.flatMap(({ user_id, channel_id, member }) =>
        channel_id === null ? [] : this.#entered(id, user_id, channel_id, member?.user ?? users.get(user_id)),
      ),
      ...[...rooms].filter((room) => !roomIds.has(room)).flatMap((room) => this.#deleted(id, room)),
    ];
    return isFirst ? [] : happened;
  }

  #entered(guildId: string, userId: string, channelId: string, user: APIUser | undefined): Happening[] {
    const { voices } = this.#guild(guildId);
    const before = voices.get(userId);
    // Muting, deafening and video are not part of the contract.
    if (before === channelId) return [];
    voices.set(userId, channelId);
    const username = user?.global_name ?? user?.username ?? userId;
    const data = { guildId, channelId, userId, username, avatar: user?.avatar ?? null };
    return [...(before === undefined ? [] : [left(guildId, userId)]), { type: "voice.joined", data }];
  }

  #left(guildId: string, userId: string): Happening[] {
    this.#guild(guildId).voices.delete(userId);
    return [left(guildId, userId)];
  }

  #created(guildId: string, channel: { id: string; name?: string | null; user_limit?: number }): Happening[] {
    this.#guild(guildId).rooms.add(channel.id);
    const { id: channelId, name, user_limit: userLimit = 0 } = channel;
    return [{ type: "room.created", data: { guildId, channelId, name, userLimit } }];
  }

  #deleted(guildId: string, channelId: string): Happening[] {
    this.#guild(guildId).rooms.delete(channelId);
    return [{ type: "room.deleted", data: { guildId, channelId } }];
  }

  #guild(id: string): Guild {
    const known = this.#guilds.get(id);
    if (known) return known;
    const guild: Guild = { voices: new Map(), rooms: new Set() };
    this.#guilds.set(id, guild);
    return guild;
  }
}

const left = (guildId: string, userId: string): Happening => ({
  type: "voice.left",
  data: { guildId, channelId: null, userId },
});
