import type { AtomicOptions } from "../atomic.ts";
import type { ChatEvents } from "../atomic-chat.ts";
import { newId } from "../id.ts";
import { ChatWebSocketClient } from "../index.ts";
import { type Connected, NOT_CONNECTED, ofPage, type Session, useSession } from "./session.ts";
import { asError, Store, told } from "./store.ts";

export interface ContextChatOptions extends AtomicOptions {
  readonly contextId: string;
  /** The token's user. */
  readonly userId: string;
  /** How many earlier messages are shown at first, 1 to 100; 50. */
  readonly history?: number;
}

/** A message, as a page shows it. */
export interface ContextChatLine {
  /** The same before and after it is confirmed. */
  readonly key: string;
  /** The server's, once it is confirmed. */
  readonly id: string | undefined;
  /** The name as it is shown. */
  readonly author: string;
  /** Undefined of a message that a backend has posted for no user. */
  readonly authorId: string | undefined;
  readonly content: string;
  readonly messageType: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly status: "sending" | "sent" | "failed";
  /** Why it failed. */
  readonly error: Error | undefined;
}

export interface ContextChatState extends Connected {
  /** Confirmed ones in the server's order, then those that are on their way. */
  readonly messages: readonly ContextChatLine[];
  /** Whether there are earlier ones: `loadEarlier`. */
  readonly hasEarlier: boolean;
  /** Ids of users who are typing. */
  readonly typing: readonly string[];
}

export interface ContextChatActions {
  readonly client: ChatWebSocketClient;
  /** Shows at once; resolves when the server has it. */
  send(content: string, messageType?: string): Promise<void>;
  /** Sends a message anew that failed. */
  retry(key: string): Promise<void>;
  /** Forgets a message that failed. */
  discard(key: string): void;
  loadEarlier(): Promise<void>;
  setTyping(isTyping: boolean): void;
}

type Message = ChatEvents["message"]["data"];

/** Contract atomic-guide: the chat of a context. */
export function useContextChat(options: ContextChatOptions): ContextChatState & ContextChatActions {
  const { url, contextId, userId } = options;
  return useSession(JSON.stringify([url, contextId, userId]), options.token, (token) =>
    createChat({ ...options, token }),
  );
}

function createChat({
  userId,
  history = 50,
  ...options
}: ContextChatOptions): Session<ContextChatState, ContextChatActions> {
  const client = new ChatWebSocketClient(ofPage({ ...options, userId }));
  const store = new Store<ContextChatState>({
    ...{ ...NOT_CONNECTED, messages: [], hasEarlier: false, typing: [] },
  });
  const change = (key: string, part: Partial<ContextChatLine>) =>
    store.set((state) => ({
      ...state,
      messages: state.messages.map((line) => (line.key === key ? { ...line, ...part } : line)),
    }));

  client.subscribe("message", ({ id: sentAs, data }) =>
    store.set((state) => ({ ...state, messages: withMessage(state.messages, data, sentAs) })),
  );
  client.subscribe("history", ({ data: { messages, hasMore } }) =>
    store.set((state) => ({
      ...state,
      messages: withEarlier(state.messages, messages),
      hasEarlier: hasMore,
    })),
  );
  client.subscribe("typing", ({ data }) => {
    const others = store.get().typing.filter((one) => one !== data.userId);
    const typing = data.isTyping && data.userId !== userId ? [...others, data.userId] : others;
    store.set((state) => ({ ...state, typing }));
  });
  // Nobody says that they have stopped typing once the connection is gone.
  client.onConnectionEvent(({ type }) => {
    if (type === "disconnected") store.set((state) => ({ ...state, typing: [] }));
  });

  async function post({
    key,
    content,
    messageType,
  }: Pick<ContextChatLine, "key" | "content" | "messageType">): Promise<void> {
    try {
      await client.send({ type: "message", id: key, data: { content, messageType } });
    } catch (error) {
      change(key, { status: "failed", error: asError(error) });
      throw error;
    }
  }

  return {
    ...{ client, store },
    enter: () => client.send({ type: "history", data: { limit: history } }),
    actions: {
      client,
      send(content, messageType = "text") {
        const line: ContextChatLine = {
          ...{ key: newId(), id: undefined, author: userId, authorId: userId, content, messageType },
          ...{ timestamp: new Date().toISOString(), status: "sending", error: undefined },
        };
        store.set((state) => ({ ...state, messages: [...state.messages, line] }));
        return told(post(line));
      },
      retry(key) {
        const line = store.get().messages.find((one) => one.key === key && one.status === "failed");
        if (!line) return Promise.resolve();
        change(key, { status: "sending", error: undefined });
        return told(post(line));
      },
      discard: (key) =>
        store.set((state) => ({ ...state, messages: state.messages.filter((line) => line.key !== key) })),
      loadEarlier() {
        const before = store.get().messages.find(({ id }) => id !== undefined)?.id;
        const asked = client.send({
          type: "history",
          data: { limit: history, ...(before !== undefined && { before }) },
        });
        return told(asked.then(() => {}));
      },
      setTyping: (isTyping) => void told(client.send({ type: "typing", data: { isTyping } })),
    },
  };
}

const lineOf = (message: Message, key = message.id): ContextChatLine => ({
  ...{ key, id: message.id, author: message.author, authorId: message.authorId, content: message.content },
  ...{ messageType: message.messageType, timestamp: message.timestamp, status: "sent", error: undefined },
});

/** Confirmed ones in the order in which the server tells them; the others stay behind them. */
function withMessage(
  lines: readonly ContextChatLine[],
  message: Message,
  sentAs: string | undefined,
): readonly ContextChatLine[] {
  if (lines.some(({ id }) => id === message.id)) return lines;
  const own = lines.find(({ key, id }) => key === sentAs && id === undefined);
  const confirmed = lines.filter(({ status }) => status === "sent");
  const others = lines.filter((line) => line.status !== "sent" && line !== own);
  return [...confirmed, lineOf(message, own?.key), ...others];
}

/** Oldest first. */
function withEarlier(
  lines: readonly ContextChatLine[],
  earlier: readonly Message[],
): readonly ContextChatLine[] {
  const known = new Set(lines.map(({ id }) => id));
  return [...earlier.filter(({ id }) => !known.has(id)).map((message) => lineOf(message)), ...lines];
}
