// A page with the hooks for chats, as React mounts it in development.
import { createElement, type ReactNode, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { useChat, useContextChat } from "../../packages/client/src/react/index.ts";

interface Own {
  readonly origin: string;
  readonly token: string;
}

/** A text that comes twice is seen twice. */
const lines = (id: string, className: string, all: readonly string[]): ReactNode =>
  createElement("section", { id, className }, ...all.map((text) => createElement("p", null, text)));

function Gurukul({ origin, token }: Own): ReactNode {
  const { messages, connection } = useChat({ url: `${origin}/ws`, token, chatId: "c", userId: "ada" });
  const all = messages.map(({ content }) => content);
  return lines("gurukul", connection, all);
}

function Atomic({ origin, token }: Own): ReactNode {
  const url = `${origin}/api/chat/ws`;
  const { messages, connection, send } = useContextChat({ url, token, contextId: "c", userId: "ada" });
  const all = messages.map(({ content, status }) => `${content} ${status}`);
  const button = createElement("button", { type: "button", onClick: () => void send("own") }, "Send");
  return createElement("div", null, lines("atomic", connection, all), button);
}

let root: Root | undefined;
Object.assign(globalThis, {
  mount(own: Own) {
    const { document } = Object(globalThis);
    root = createRoot(document.body.appendChild(document.createElement("main")));
    root.render(createElement(StrictMode, null, createElement(Gurukul, own), createElement(Atomic, own)));
  },
  unmount: () => root?.unmount(),
});
