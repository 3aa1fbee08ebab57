import { VoiceChannelClient } from "../index.ts";
import type { ClientOptions } from "../options.ts";
import { type Connected, NOT_CONNECTED, ofPage, type Session, useSession } from "./session.ts";
import { Store } from "./store.ts";

export interface VoiceMember {
  readonly userId: string;
  readonly username: string;
  /** The hash of their picture. */
  readonly avatar: string | null;
}

export interface VoiceChannel {
  readonly channelId: string;
  /** Undefined of a channel that was there before. */
  readonly name: string | undefined;
  /** 0 is no limit. */
  readonly userLimit: number;
  readonly members: readonly VoiceMember[];
}

export interface VoiceState extends Connected {
  /** Events since the page was opened, without those of times without a connection. */
  readonly channels: readonly VoiceChannel[];
}

export interface VoiceActions {
  readonly client: VoiceChannelClient;
}

/** Contract discord-gateway: who is in which voice channel. */
export function useVoiceChannel(options: ClientOptions): VoiceState & VoiceActions {
  return useSession(JSON.stringify([options.url, options.userId]), options.token, (token) =>
    createVoice({ ...options, token }),
  );
}

function createVoice(options: ClientOptions): Session<VoiceState, VoiceActions> {
  const client = new VoiceChannelClient(ofPage(options));
  const store = new Store<VoiceState>({ ...NOT_CONNECTED, channels: [] });
  const change = (next: (channels: readonly VoiceChannel[]) => readonly VoiceChannel[]) =>
    store.set((state) => ({ ...state, channels: next(state.channels) }));

  client.subscribe("voice.joined", ({ payload: { channelId, userId, username, avatar } }) =>
    change((all) =>
      withChannel(left(all, userId), channelId, ({ members }) => ({
        members: [...members, { userId, username, avatar }],
      })),
    ),
  );
  client.subscribe("voice.left", ({ payload }) => change((all) => left(all, payload.userId)));
  client.subscribe("room.created", ({ payload: { channelId, name, userLimit } }) =>
    change((all) => withChannel(all, channelId, () => ({ name, userLimit }))),
  );
  client.subscribe("room.deleted", ({ payload }) =>
    change((all) => all.filter(({ channelId }) => channelId !== payload.channelId)),
  );
  return { client, store, actions: { client } };
}

const left = (channels: readonly VoiceChannel[], userId: string): VoiceChannel[] =>
  channels.map((channel) => ({
    ...channel,
    members: channel.members.filter((member) => member.userId !== userId),
  }));

function withChannel(
  channels: readonly VoiceChannel[],
  channelId: string,
  next: (channel: VoiceChannel) => Partial<VoiceChannel>,
): VoiceChannel[] {
  const known = channels.find((channel) => channel.channelId === channelId);
  const channel = known ?? { channelId, name: undefined, userLimit: 0, members: [] };
  const changed = { ...channel, ...next(channel) };
  return known ? channels.map((one) => (one === known ? changed : one)) : [...channels, changed];
}
