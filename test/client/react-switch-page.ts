// A page whose user, and whose token, may change while its hooks are mounted.
import { createElement, type ReactNode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import {
  useChat,
  useDocument,
  useGifts,
  useMetrics,
  useVoiceChannel,
} from "../../packages/client/src/react/index.ts";
import type { TextField } from "../../packages/client/src/textarea.ts";

/** By user, their token. */
type Tokens = Record<string, string>;
interface Own {
  readonly origin: string;
  readonly tokens: Tokens;
}

function Users({ origin, tokens }: Own): ReactNode {
  const [userId, change] = useState("ada");
  const common = { userId, token: () => tokens[userId] ?? "" };
  useVoiceChannel({ ...common, url: `${origin}/api/ws` });
  useMetrics({ ...common, url: `${origin}/api/analytics/ws`, contextId: "c", metrics: ["engagement"] });
  useGifts({ ...common, url: `${origin}/ws`, streamId: "s1", clientId: "obs-1" });
  useDocument({ ...common, url: `${origin}/api/collaboration/ws`, session: "session-1" });
  return createElement("button", { type: "button", onClick: () => change("bob") }, "Bob");
}

/** It begins with a token that is refused. */
function Chat({ origin, tokens }: Own): ReactNode {
  const token = () => tokens["chat"] ?? "none";
  const { messages, connection, client } = useChat({
    url: `${origin}/ws`,
    token,
    chatId: "c",
    userId: "carol",
  });
  function again(): void {
    tokens["chat"] = tokens["carol"] ?? "";
    void client.connect();
  }
  const all = messages.map(({ content }) => content).join();
  return createElement("p", { id: "chat", className: connection, onClick: again }, `said: ${all}`);
}

/** It begins with a token that is refused, too. */
function Metrics({ origin, tokens }: Own): ReactNode {
  const { connection, client, values } = useMetrics({
    url: `${origin}/api/analytics/ws`,
    token: () => tokens["metrics"] ?? "none",
    contextId: "c",
    metrics: ["performance"],
  });
  function again(): void {
    tokens["metrics"] = tokens["ada"] ?? "";
    void client.connect();
  }
  const text = `performance: ${values["performance"]}`;
  return createElement("p", { id: "metrics", className: connection, onClick: again }, text);
}

/** Its field is given and taken away as React 18 does. */
function Document({ origin, tokens }: Own): ReactNode {
  const url = `${origin}/api/collaboration/ws`;
  const { document, edit, field, text } = useDocument({
    url,
    token: () => tokens["ada"] ?? "",
    session: "s2",
  });
  useEffect(() => {
    if (!document) return;
    const gone: TextField & EventTarget = Object(globalThis).document.createElement("textarea");
    field(gone);
    field(null);
    gone.value = "typed where nobody looks, ";
    gone.dispatchEvent(new Event("input"));
    edit(0, 0, "typed");
  }, [document, edit, field]);
  return createElement("p", { id: "document" }, `text: ${text}`);
}

const pages = { Users, Chat, Metrics, Document };
Object.assign(globalThis, {
  mount(name: keyof typeof pages, own: Own) {
    const { document } = Object(globalThis);
    createRoot(document.body.appendChild(document.createElement("main"))).render(
      createElement(pages[name], own),
    );
  },
});
