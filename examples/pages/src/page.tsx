// What the example pages share: who is here, tokens, and how the connection is shown. In an application `freshToken` asks
// your own backend, which knows who has logged in; here the server makes one for anybody, outside production.
import { type ReactNode, StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import type { Connected } from "switchboard-client/react";

export const user = new URLSearchParams(location.search).get("user") ?? "";
export const name = user === "" ? "" : `${user[0]?.toUpperCase()}${user.slice(1)}`;

const settings: { readonly path: string } = await fetch("/console/settings.json").then((answer) =>
  answer.json(),
);
const origin = location.origin.replace(/^http/, "ws");
/** Where chats and gifts are. */
export const socketUrl = `${origin}${settings.path}`;
export const urlOf = (path: string): string => `${origin}${path}`;

async function post(path: string, body: object): Promise<unknown> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const json: { readonly detail?: string } = await answer.json();
  if (!answer.ok) throw new Error(json.detail ?? `The server answered ${answer.status}`);
  return json;
}

export async function freshToken(): Promise<string> {
  const { token } = (await post("/dev/token", { user, name })) as { token: string };
  return token;
}

/** What a backend does with an API key. */
export const backend = (contract: string, event: object): Promise<unknown> =>
  post(`/dev/${contract}/events`, event);

/** The same colour for the same person everywhere. */
export function colourOf(id: string): string {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.charCodeAt(0)) % 360;
  return `oklch(0.62 0.13 ${sum})`;
}

/** What an agent has for a letter. */
export const STAR = "✦";

export function Avatar({ id, label = id }: { id: string; label?: string }) {
  return (
    <span className="avatar" style={label === STAR ? {} : { background: colourOf(id) }} aria-hidden="true">
      {label.slice(0, 1).toUpperCase()}
    </span>
  );
}

const WORDS = {
  connected: "Connected",
  connecting: "Connecting…",
  disconnected: "Not connected",
  error: "No connection",
};

export function Header({
  title,
  about,
  of: { connection, error },
}: {
  title: string;
  about: string;
  of: Connected;
}) {
  return (
    <header className="bar">
      <a className="home" href="./" aria-label="All examples">
        ←
      </a>
      <div className="titles">
        <h1>{title}</h1>
        <p>{about}</p>
      </div>
      <span className={`pill ${connection}`} role="status" title={error?.message}>
        <i /> {WORDS[connection]}
      </span>
      <span className="me">
        <Avatar id={user} /> {name}
      </span>
    </header>
  );
}

function Login() {
  const [text, setText] = useState("");
  return (
    <main className="login">
      <form method="get">
        <h1>Who are you?</h1>
        <p>Open this page twice, under two names.</p>
        <input
          name="user"
          required
          pattern="[a-zA-Z0-9_-]{1,20}"
          placeholder="A name"
          autoComplete="off"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <div className="row">
          <button type="submit" className="primary">
            Begin
          </button>
          {["ada", "bob"].map((one) => (
            <a key={one} className="button" href={`?user=${one}`}>
              as {one}
            </a>
          ))}
        </div>
      </form>
    </main>
  );
}

export function show(page: ReactNode): void {
  const root = document.getElementById("root");
  if (root) createRoot(root).render(<StrictMode>{user === "" ? <Login /> : page}</StrictMode>);
}

/** `14:05`. */
export const timeOf = (iso: string): string =>
  new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
