import { useEffect, useRef, useState } from "react";
import { type ChatLine, useChat } from "switchboard-client/react";
import { Avatar, freshToken, Header, STAR, show, socketUrl, timeOf, user } from "./page.tsx";

/** Nobody types for longer without another key. */
const TYPING_MS = 2_500;
const AGENT = "guide";

function Chat() {
  const chat = useChat({ url: socketUrl, token: freshToken, chatId: "kitchen-table", userId: user });
  const { messages, typing, markRead } = chat;
  const end = useRef<HTMLDivElement>(null);
  const last = messages.at(-1)?.key;

  // What is seen is read.
  useEffect(() => {
    const read = () => document.visibilityState === "visible" && markRead();
    read();
    document.addEventListener("visibilitychange", read);
    return () => document.removeEventListener("visibilitychange", read);
  }, [messages, markRead]);
  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
  }, [last, typing.length]);

  return (
    <>
      <Header title="Kitchen table" about="History, receipts, typing, and an agent at the table" of={chat} />
      <main className="chat">
        <ol className="lines" aria-live="polite">
          {messages.map((line, at) => (
            <Line
              key={line.key}
              line={line}
              before={messages[at - 1]}
              retry={chat.retry}
              discard={chat.discard}
            />
          ))}
          {typing.length > 0 && (
            <li className="typing" data-testid="typing">
              <span className="dots">
                <i />
                <i />
                <i />
              </span>
              {typing.join(" and ")} {typing.length > 1 ? "are" : "is"} typing
            </li>
          )}
        </ol>
        {messages.length === 0 && <p className="empty">Nothing has been said yet. Say hello!</p>}
        <div ref={end} />
      </main>
      <Composer send={chat.send} setTyping={chat.setTyping} />
    </>
  );
}

interface LineProps {
  line: ChatLine;
  before: ChatLine | undefined;
  retry(key: string): Promise<void>;
  discard(key: string): void;
}

function Line({ line, before, retry, discard }: LineProps) {
  const isOwn = line.userId === user && line.role === "user";
  const isAgent = line.role === "assistant";
  const who = isAgent ? (line.agentId ?? "assistant") : line.userId;
  const isSame = before !== undefined && before.userId === line.userId && before.role === line.role;
  return (
    <li
      className={`line ${isOwn ? "own" : ""} ${isAgent ? "agent" : ""} ${isSame ? "same" : ""} ${line.status}`}
    >
      {!isOwn && !isSame && <Avatar id={who} label={isAgent ? STAR : who} />}
      <div className="bubble">
        {!isOwn && !isSame && <strong>{isAgent ? `${who} · agent` : who}</strong>}
        <p>{line.content}</p>
        <footer>
          <time>{timeOf(line.timestamp)}</time>
          {isOwn && <Receipt line={line} />}
        </footer>
        {line.status === "failed" && (
          <div className="row bad">
            <span>{line.error?.message}</span>
            <button type="button" onClick={() => retry(line.key)}>
              Send again
            </button>
            <button type="button" onClick={() => discard(line.key)}>
              Forget it
            </button>
          </div>
        )}
      </div>
    </li>
  );
}

function Receipt({ line: { status, readBy } }: { line: ChatLine }) {
  const others = readBy.filter((one) => one !== user);
  if (status === "sending") return <span title="On its way">◷</span>;
  if (status === "failed") return <span title="Not sent">!</span>;
  return others.length > 0 ? (
    <span className="read" title={`Read by ${others.join(", ")}`}>
      ✓✓
    </span>
  ) : (
    <span title="Stored">✓</span>
  );
}

function Composer({ send, setTyping }: Pick<ReturnType<typeof useChat>, "send" | "setTyping">) {
  const [text, setText] = useState("");
  const [asks, setAsks] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const isTyping = useRef(false);

  function typed(now: boolean) {
    clearTimeout(timer.current);
    if (now) timer.current = setTimeout(() => typed(false), TYPING_MS);
    if (now !== isTyping.current) setTyping(now);
    isTyping.current = now;
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        const content = text.trim();
        if (content === "") return;
        send(content, asks ? { agentId: AGENT } : {});
        setText("");
        typed(false);
      }}
    >
      <label className={asks ? "agent on" : "agent"} title="The agent answers">
        <input type="checkbox" checked={asks} onChange={(event) => setAsks(event.target.checked)} />✦ Ask the
        agent
      </label>
      <input
        aria-label="Message"
        placeholder={asks ? "Ask the agent…" : "Say something…"}
        autoComplete="off"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          typed(event.target.value !== "");
        }}
      />
      <button type="submit" className="primary" disabled={text.trim() === ""}>
        Send
      </button>
    </form>
  );
}

show(<Chat />);
