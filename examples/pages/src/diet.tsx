import { type ReactNode, useState } from "react";
import { type DietEntry, type DietEvent, useDiet } from "switchboard-client/react";
import { Icon } from "./icons.tsx";
import { Avatar, freshToken, Header, name, show, timeOf, urlOf, user } from "./page.tsx";

const TYPES = [
  ...([
    "friend.request",
    "friend.accepted",
    "post.created",
    "post.liked",
    "meal.logged",
    "water.intake",
  ] as const),
  ...(["level.up", "achievement.unlocked", "notification"] as const),
];
const GLASS_ML = 250;
const now = (): string => new Date().toISOString();
const id = (): string => crypto.randomUUID();

function Diet() {
  const diet = useDiet({ url: urlOf("/api/diet/ws"), token: freshToken, userId: user, types: TYPES });
  const { feed } = diet;
  const friends = new Set(
    feed.flatMap(({ event, status }) =>
      event.type === "friend.accepted" && status === "sent" ? [event.data.userId, event.data.friendId] : [],
    ),
  );
  const likes = (postId: string) =>
    feed.filter(({ event }) => event.type === "post.liked" && event.data.postId === postId).length;
  const water = feed.reduce((sum, { event, status }) => {
    return event.type === "water.intake" && status !== "failed" ? sum + event.data.amount : sum;
  }, 0);

  return (
    <>
      <Header title="Eat well together" about="What you and your friends do, as it happens" of={diet} />
      <main className="diet">
        <section className="feed">
          <Share send={diet.send} />
          <ol aria-live="polite">
            {feed.map((entry) => {
              const card = describe(entry, likes);
              if (!card) return null;
              const { event } = entry;
              const isRequest = event.type === "friend.request" && event.data.toUserId === user;
              return (
                <li key={entry.id} className={`card entry ${entry.status}`}>
                  <Avatar id={card.who} />
                  <div>
                    <p>{card.text}</p>
                    <footer className="soft">
                      <time>{timeOf(String(event.timestamp))}</time>
                      {entry.status === "sending" && " · on its way"}
                      {card.isPrivate && " · only you see this"}
                      {entry.status === "failed" && (
                        <span className="bad">
                          {" "}
                          · {entry.error?.message}{" "}
                          <button type="button" onClick={() => diet.retry(entry.id)}>
                            Again
                          </button>
                        </span>
                      )}
                    </footer>
                  </div>
                  {isRequest && !friends.has(event.data.fromUserId) && (
                    <button
                      type="button"
                      className="primary"
                      onClick={() =>
                        diet.send({
                          type: "friend.accepted",
                          data: {
                            ...{ friendshipId: id(), userId: user, friendId: event.data.fromUserId },
                            ...{ friendName: event.data.fromUserName, acceptedAt: now() },
                          },
                        })
                      }
                    >
                      Accept
                    </button>
                  )}
                  {event.type === "post.created" && (
                    <button
                      type="button"
                      className="like"
                      disabled={event.data.authorId === user}
                      onClick={() =>
                        diet.send({
                          type: "post.liked",
                          data: { postId: event.data.postId, userId: user, userName: name, likedAt: now() },
                        })
                      }
                    >
                      ♥ {likes(event.data.postId)}
                    </button>
                  )}
                </li>
              );
            })}
            {feed.length === 0 && <li className="empty">Nothing yet. Log a meal, or find a friend.</li>}
          </ol>
        </section>
        <aside>
          <Friend send={diet.send} />
          <section className="card side">
            <h2>Water</h2>
            <p className="figure">
              {water} <small>/ 2000 ml</small>
            </p>
            <progress max={2_000} value={water} />
            <button
              type="button"
              onClick={() =>
                diet.send({
                  type: "water.intake",
                  data: {
                    ...{ userId: user, amount: GLASS_ML, totalToday: water + GLASS_ML },
                    ...{ goal: 2_000, loggedAt: now() },
                  },
                })
              }
            >
              <Icon of="water" /> One more glass
            </button>
          </section>
        </aside>
      </main>
    </>
  );
}

type Send = ReturnType<typeof useDiet>["send"];

function Share({ send }: { send: Send }) {
  const [text, setText] = useState("");
  const content = text.trim();
  const post = () =>
    send({
      type: "post.created",
      data: { postId: id(), authorId: user, authorName: name, content, type: "tip", createdAt: now() },
    });
  const meal = () =>
    send({
      type: "meal.logged",
      data: {
        ...{ mealId: id(), userId: user, mealType: "lunch", mealName: content },
        ...{ calories: 420, loggedAt: now() },
      },
    });
  const done = (act: () => Promise<void>) => () => {
    void act();
    setText("");
  };
  return (
    <form className="card share" onSubmit={(event) => event.preventDefault()}>
      <input
        aria-label="What is on your plate"
        placeholder="What is on your plate?"
        maxLength={200}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="row">
        <button type="submit" className="primary" disabled={content === ""} onClick={done(post)}>
          Share with friends
        </button>
        <button type="button" disabled={content === ""} onClick={done(meal)}>
          Log as lunch
        </button>
      </div>
    </form>
  );
}

function Friend({ send }: { send: Send }) {
  const [other, setOther] = useState(user === "ada" ? "bob" : "ada");
  return (
    <form
      className="card side"
      onSubmit={(event) => {
        event.preventDefault();
        void send({
          type: "friend.request",
          data: { requestId: id(), fromUserId: user, fromUserName: name, toUserId: other, sentAt: now() },
        });
      }}
    >
      <h2>Find a friend</h2>
      <input aria-label="Their name" value={other} onChange={(event) => setOther(event.target.value)} />
      <button type="submit">Ask them</button>
    </form>
  );
}

interface Card {
  readonly who: string;
  readonly text: ReactNode;
  readonly isPrivate?: boolean;
}

function describe({ event }: DietEntry, likes: (postId: string) => number): Card | undefined {
  const { type, data } = event as DietEvent;
  switch (type) {
    case "friend.request":
      return data.fromUserId === user
        ? { who: user, text: <>You asked {data.toUserId} to be friends.</> }
        : {
            who: data.fromUserId,
            text: (
              <>
                <b>{data.fromUserName}</b> asks to be friends.
              </>
            ),
          };
    case "friend.accepted":
      return {
        who: data.userId,
        text: (
          <>
            <Icon of="friends" /> You and {data.userId === user ? data.friendId : data.userId} are friends.
          </>
        ),
      };
    case "post.created":
      return {
        who: data.authorId,
        text: (
          <>
            <b>{data.authorName}</b> {data.content}
          </>
        ),
      };
    case "post.liked":
      return likes(data.postId) > 0 && data.userId !== user
        ? {
            who: data.userId,
            text: (
              <>
                <b>{data.userName}</b> likes a post.
              </>
            ),
          }
        : undefined;
    case "meal.logged":
      return {
        who: data.userId,
        isPrivate: true,
        text: (
          <>
            <Icon of="meal" /> <b>{data.mealName}</b>, {data.calories} kcal
          </>
        ),
      };
    case "water.intake":
      return {
        who: data.userId,
        isPrivate: true,
        text: (
          <>
            <Icon of="water" /> {data.amount} ml
          </>
        ),
      };
    case "level.up":
      return {
        who: data.userId,
        text: (
          <>
            <Icon of="medal" /> Level {data.newLevel}!
          </>
        ),
      };
    case "achievement.unlocked":
      return {
        who: data.userId,
        text: (
          <>
            <Icon of="medal" /> {data.achievementName}
          </>
        ),
      };
    case "notification":
      return {
        who: data.userId,
        text: (
          <>
            <b>{data.title}</b> {data.message}
          </>
        ),
      };
    default:
      return undefined;
  }
}

show(<Diet />);
