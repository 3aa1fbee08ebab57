import { newId } from "../id.ts";
import { GurukulClient, type GurukulEvents } from "../index.ts";
import type { ClientOptions } from "../options.ts";
import { type Connected, NOT_CONNECTED, ofPage, type Session, useSession } from "./session.ts";
import { asError, Store, told } from "./store.ts";

export interface ChatOptions extends ClientOptions {
  readonly chatId: string;
  /** The token's user. */
  readonly userId: string;
}

/** A message, as a page shows it. */
export interface ChatLine {
  /** The same before and after it is confirmed. */
  readonly key: string;
  /** The server's, once it is confirmed. */
  readonly id: string | undefined;
  readonly userId: string;
  /** The agent that was asked, or that answers. */
  readonly agentId: string | undefined;
  readonly role: "user" | "assistant";
  readonly content: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly status: "sending" | "sent" | "failed";
  /** Why it failed. */
  readonly error: Error | undefined;
  /** Users who have read it. */
  readonly readBy: readonly string[];
}

export interface ChatState extends Connected {
  /** Confirmed ones in the server's order, then those that are on their way. */
  readonly messages: readonly ChatLine[];
  /** Who is typing: users, and agents by their own ids. */
  readonly typing: readonly string[];
  readonly title: string;
}

export interface ChatActions {
  readonly client: GurukulClient;
  /** Shows at once; resolves when the server has it. `agentId`: an agent is to answer. */
  send(content: string, options?: { readonly agentId?: string }): Promise<void>;
  /** Sends a message anew that failed. */
  retry(key: string): Promise<void>;
  /** Forgets a message that failed. */
  discard(key: string): void;
  setTyping(isTyping: boolean): void;
  /** Tells the others that all that is shown has been read. */
  markRead(): void;
}

/** The most that one receipt may name. */
const MAX_RECEIPTS = 200;

/** Contract gurukul: one chat. */
export function useChat(options: ChatOptions): ChatState & ChatActions {
  const { url, chatId, userId } = options;
  return useSession(JSON.stringify([url, chatId, userId]), options.token, (token) =>
    createChat({ ...options, token }),
  );
}

function createChat({ chatId, userId, ...options }: ChatOptions): Session<ChatState, ChatActions> {
  const client = new GurukulClient(ofPage(options));
  const store = new Store<ChatState>({
    ...{ ...NOT_CONNECTED, messages: [], typing: [], title: "" },
  });
  /** Own receipts that are on their way or there. */
  const read = new Set<string>();
  const change = (key: string, part: Partial<ChatLine>) =>
    store.set((state) => ({
      ...state,
      messages: state.messages.map((line) => (line.key === key ? { ...line, ...part } : line)),
    }));
  const without = (lines: readonly ChatLine[], key: string) => lines.filter((line) => line.key !== key);

  client.subscribe("message", ({ data }) => {
    if (data.chatId === chatId) store.set((state) => ({ ...state, messages: withMessage(state, data) }));
  });
  client.subscribe("typing", ({ data }) => {
    if (data.chatId !== chatId || data.userId === userId) return;
    const who = data.agentId ?? data.userId;
    const others = store.get().typing.filter((one) => one !== who);
    store.set((state) => ({ ...state, typing: data.isTyping ? [...others, who] : others }));
  });
  client.subscribe("read_receipt", ({ data }) => {
    if (data.chatId !== chatId) return;
    const ids = new Set(data.messageIds);
    const readBy = (line: ChatLine) =>
      line.id !== undefined && ids.has(line.id) && !line.readBy.includes(data.userId)
        ? { ...line, readBy: [...line.readBy, data.userId] }
        : line;
    store.set((state) => ({ ...state, messages: state.messages.map(readBy) }));
  });
  client.subscribe("chat_update", ({ data }) => {
    if (data.chatId === chatId) store.set((state) => ({ ...state, title: data.updates.title }));
  });
  client.subscribe("redacted", ({ chatId: room, id }) => {
    const hide = (line: ChatLine) => (line.id === id ? { ...line, content: "" } : line);
    if (room === chatId) store.set((state) => ({ ...state, messages: state.messages.map(hide) }));
  });
  // Nobody says that they have stopped typing once the connection is gone.
  client.onConnectionEvent(({ type }) => {
    if (type === "disconnected") store.set((state) => ({ ...state, typing: [] }));
  });

  async function post({
    key,
    content,
    agentId,
  }: Pick<ChatLine, "key" | "content" | "agentId">): Promise<void> {
    const to = agentId === undefined ? {} : { agentId };
    try {
      await client.send({ type: "message", data: { chatId, content, messageId: key, ...to } });
    } catch (error) {
      change(key, { status: "failed", error: asError(error) });
      throw error;
    }
  }

  return {
    ...{ client, store },
    enter: () => client.join(chatId),
    actions: {
      client,
      send(content, { agentId } = {}) {
        const line: ChatLine = {
          ...{ key: newId(), id: undefined, userId, agentId, role: "user", content, readBy: [] },
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
      discard: (key) => store.set((state) => ({ ...state, messages: without(state.messages, key) })),
      setTyping: (isTyping) => void told(client.send({ type: "typing", data: { chatId, isTyping } })),
      markRead() {
        const ids = store.get().messages.flatMap(({ id, userId: author, readBy }) => {
          const isNew = id !== undefined && author !== userId && !readBy.includes(userId) && !read.has(id);
          return isNew ? [id] : [];
        });
        for (const id of ids) read.add(id);
        for (let at = 0; at < ids.length; at += MAX_RECEIPTS) {
          const messageIds = ids.slice(at, at + MAX_RECEIPTS);
          told(client.send({ type: "read_receipt", data: { chatId, messageIds } })).catch(() => {
            for (const id of messageIds) read.delete(id);
          });
        }
      },
    },
  };
}

/** Confirmed ones in the order in which the server tells them; the others stay behind them. */
function withMessage(
  { messages }: ChatState,
  { message, messageId }: GurukulEvents["message"]["data"],
): ChatLine[] {
  const { id, agentId, content, role, timestamp } = message;
  const known = messages.find((line) => line.id === id);
  const own =
    role === "user" ? messages.find((line) => line.key === messageId && line.id === undefined) : undefined;
  const line: ChatLine = {
    ...{ key: own?.key ?? known?.key ?? id, id, userId: message.userId, agentId, role, content, timestamp },
    ...{ status: "sent", error: undefined, readBy: known?.readBy ?? [] },
  };
  if (known) return messages.map((one) => (one === known ? line : one));
  const confirmed = messages.filter((one) => one.status === "sent");
  return [...confirmed, line, ...messages.filter((one) => one.status !== "sent" && one !== own)];
}
