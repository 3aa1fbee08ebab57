import { useDocument } from "switchboard-client/react";
import { Avatar, freshToken, Header, show, urlOf, user } from "./page.tsx";

function Document() {
  const shared = useDocument({
    url: urlOf("/api/collaboration/ws"),
    token: freshToken,
    session: "weekend-plans",
  });
  const { text, participants, isJoined, isSettled, field } = shared;
  const words = text.split(/\s+/).filter((word) => word !== "").length;
  const people = [...new Map(participants.map((one) => [one.userId, one])).values()];

  return (
    <>
      <Header title="Weekend plans" about="One text, edited by all who are here" of={shared} />
      <main className="document">
        <div className="above">
          <ul className="row" aria-label="Who is here">
            {people.map(({ userId, username }) => (
              <li key={userId} className="person" title={username}>
                <Avatar id={userId} label={username} />
                {username}
                {userId === user && <small className="soft">you</small>}
              </li>
            ))}
          </ul>
          <span className="soft" role="status" data-testid="saved">
            {!isJoined ? "Opening…" : isSettled ? "All changes are saved" : "Saving…"}
          </span>
        </div>
        <textarea ref={field} aria-label="Text" disabled={shared.document === undefined} spellCheck={false} />
        <p className="soft">
          {words} {words === 1 ? "word" : "words"}
        </p>
      </main>
    </>
  );
}

show(<Document />);
