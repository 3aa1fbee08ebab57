import { useState } from "react";
import { useVoiceChannel, type VoiceChannel } from "switchboard-client/react";
import { Icon } from "./icons.tsx";
import { Avatar, backend, freshToken, Header, name, show, urlOf, user } from "./page.tsx";

const GUILD = "42";

/** What Discord, or a bot, tells the server of. */
const happens = (type: string, data: object): Promise<unknown> =>
  backend("discord", { room: `guild:${GUILD}`, type, data: { guildId: GUILD, ...data } });

function Voice() {
  const voice = useVoiceChannel({ url: urlOf("/api/ws"), token: freshToken });
  const { channels } = voice;
  const here = channels.find(({ members }) => members.some(({ userId }) => userId === user));
  const [title, setTitle] = useState("");

  async function join({ channelId }: VoiceChannel) {
    if (here) await leave();
    await happens("voice.joined", { channelId, userId: user, username: name, avatar: null });
  }
  const leave = () => happens("voice.left", { channelId: null, userId: user });

  return (
    <>
      <Header title="Voice channels" about="Who is where, as it changes" of={voice} />
      <main className="voice">
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault();
            const channelId = `${Date.now()}`;
            void happens("room.created", { channelId, name: title.trim(), userLimit: 4 });
            setTitle("");
          }}
        >
          <input
            aria-label="Name of a channel"
            placeholder="A new channel…"
            required
            maxLength={40}
            value={title}
            onChange={(event) => setTitle(event.target.value)}
          />
          <button type="submit" className="primary">
            Open it
          </button>
        </form>
        {channels.length === 0 && (
          <p className="empty card">
            No channel has been opened since this page was. Open one, here or in the other window.
          </p>
        )}
        <ul className="channels">
          {channels.map((channel) => (
            <Channel
              key={channel.channelId}
              channel={channel}
              isHere={channel === here}
              join={join}
              leave={leave}
            />
          ))}
        </ul>
      </main>
    </>
  );
}

interface ChannelProps {
  channel: VoiceChannel;
  isHere: boolean;
  join(channel: VoiceChannel): Promise<unknown>;
  leave(): Promise<unknown>;
}

function Channel({ channel, isHere, join, leave }: ChannelProps) {
  const { channelId, members, userLimit } = channel;
  const isFull = userLimit > 0 && members.length >= userLimit;
  const title = channel.name ?? `Channel ${channelId}`;
  return (
    <li className={`card channel ${isHere ? "here" : ""}`}>
      <header>
        <h2>
          <Icon of="voice" /> {title}
        </h2>
        <span className="soft">
          {members.length}
          {userLimit > 0 && ` / ${userLimit}`}
        </span>
      </header>
      <ul className="members">
        {members.map(({ userId, username }) => (
          <li key={userId}>
            <Avatar id={userId} label={username} /> {username}{" "}
            {userId === user && <small className="soft">you</small>}
          </li>
        ))}
        {members.length === 0 && <li className="soft">Nobody is here.</li>}
      </ul>
      <div className="row">
        {isHere ? (
          <button type="button" onClick={leave}>
            Leave
          </button>
        ) : (
          <button type="button" className="primary" disabled={isFull} onClick={() => join(channel)}>
            Join
          </button>
        )}
        {!isHere && members.length === 0 && (
          <button type="button" onClick={() => happens("room.deleted", { channelId })}>
            Close it
          </button>
        )}
      </div>
    </li>
  );
}

show(<Voice />);
