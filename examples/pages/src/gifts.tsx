import { type CSSProperties, useEffect, useState } from "react";
import { type GiftsState, useGifts } from "switchboard-client/react";
import { Icon } from "./icons.tsx";
import { backend, freshToken, Header, name, show, socketUrl, user } from "./page.tsx";

const STREAM = "friday-night";
const GIFTS = [
  { type: "rose", value: 1, ms: 3_000 },
  { type: "confetti", value: 10, ms: 3_500 },
  { type: "rocket", value: 50, ms: 4_000 },
  { type: "crown", value: 100, ms: 4_500 },
];

function Overlay() {
  const gifts = useGifts({
    url: socketUrl,
    token: freshToken,
    streamId: STREAM,
    clientId: `overlay-${user}`,
    capabilities: ["webgl"],
  });
  const { current, waiting, shown, status } = gifts;
  const isOff = status !== undefined && !status.isLive;
  useEffect(() => {
    if (isOff) void goLive();
  }, [isOff]);

  return (
    <>
      <Header
        title="Friday night stream"
        about="Gifts are shown one after another, and acknowledged"
        of={gifts}
      />
      <main className="stream">
        <section className="stage" aria-live="polite">
          <div className="live">
            {status?.isLive && <b>Live</b>}{" "}
            {status !== undefined && status.viewerCount > 0 && <span>{status.viewerCount} watching</span>}
          </div>
          {status?.currentGoal && <Goal goal={status.currentGoal} />}
          {current ? (
            <Shown key={current.giftId} gift={current} />
          ) : (
            <p className="quiet">{gifts.connection === "connected" ? "Waiting for gifts…" : "…"}</p>
          )}
          {waiting.length > 0 && <p className="more">{waiting.length} more to come</p>}
        </section>
        <aside>
          <Shop />
          <section className="card recent">
            <h2>Shown</h2>
            {shown.length === 0 && <p className="soft">No gift yet.</p>}
            <ol>
              {shown.slice(0, 6).map((gift) => (
                <li key={gift.giftId}>
                  <Icon of={gift.giftType} />
                  <span>
                    <b>{gift.sender.username}</b> × {gift.quantity}
                  </span>
                  <span className="soft">{gift.totalValue}</span>
                </li>
              ))}
            </ol>
          </section>
        </aside>
      </main>
    </>
  );
}

type Gift = NonNullable<GiftsState["current"]>;

function Shown({ gift }: { gift: Gift }) {
  const { giftType, quantity, sender, animation, metadata } = gift;
  return (
    <div
      className={`gift ${giftType}`}
      style={{ "--ms": `${animation.duration}ms` } as CSSProperties}
      data-testid="gift"
    >
      {Array.from({ length: 26 }, (_, n) => (
        <i key={n} style={pathOf(n)} aria-hidden="true">
          <Icon of={giftType} />
        </i>
      ))}
      <div className="plate">
        <Icon of={giftType} />
        <span>
          <b>{sender.username}</b>
          <small>
            sends {quantity} × {giftType}
            {metadata.comboCount > 1 && <em> combo × {metadata.comboCount}</em>}
          </small>
        </span>
      </div>
    </div>
  );
}

/** Where a particle flies. The golden angle spreads them. */
function pathOf(n: number): CSSProperties {
  const angle = n * 2.4;
  const far = 34 + ((n * 37) % 60);
  return {
    "--x": `${Math.round(Math.cos(angle) * far * 4)}px`,
    "--y": `${Math.round(Math.sin(angle) * far * 2.4)}px`,
    "--turn": `${((n * 53) % 360) - 180}deg`,
    animationDelay: `${(n % 9) * 70}ms`,
  } as CSSProperties;
}

function Goal({ goal }: { goal: NonNullable<NonNullable<GiftsState["status"]>["currentGoal"]> }) {
  const share = Math.min(100, (100 * goal.current) / goal.target);
  return (
    <div className="goal">
      <span>
        {goal.description}
        <b>
          {goal.current} / {goal.target}
        </b>
      </span>
      <progress max={100} value={share} />
    </div>
  );
}

function Shop() {
  const [error, setError] = useState<string>();
  const give = ({ type, value, ms }: (typeof GIFTS)[number]) =>
    backend("hyperfocus", {
      room: `stream:${STREAM}`,
      type: "gift:received",
      data: {
        ...{ giftType: type, quantity: 1, totalValue: value },
        sender: { userId: user, username: name, avatar: "", isSubscriber: true, isModerator: false },
        animation: { type: "particle", duration: ms, assetUrl: "", soundUrl: "" },
      },
    }).then(
      () => setError(undefined),
      (failure: Error) => setError(failure.message),
    );
  return (
    <section className="card shop">
      <h2>Send a gift</h2>
      <div>
        {GIFTS.map((gift) => (
          <button key={gift.type} type="button" onClick={() => give(gift)}>
            <Icon of={gift.type} />
            {gift.type}
            <small>{gift.value}</small>
          </button>
        ))}
      </div>
      {error && <p className="bad">{error}</p>}
    </section>
  );
}

const goLive = (): Promise<unknown> =>
  backend("hyperfocus", {
    room: `stream:${STREAM}`,
    type: "stream:status",
    data: {
      isLive: true,
      startedAt: new Date().toISOString(),
      currentGoal: { type: "gifts", target: 25, description: "Karaoke at 25 gifts" },
    },
  });

show(<Overlay />);
