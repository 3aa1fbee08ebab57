import type { DietEvents, DietMessage } from "../diet-messages.ts";
import { newId } from "../id.ts";
import { type DietOptions, DietWebSocketClient } from "../index.ts";
import { type Connected, NOT_CONNECTED, ofPage, type Session, useSession } from "./session.ts";
import { asError, Store, told } from "./store.ts";

type Type = Exclude<keyof DietEvents, "auth_response" | "error" | "rate_limit_exceeded" | "reconnect">;
export type DietEvent = DietEvents[Type];

/** What happened: what this user did, at once, and what the server tells. */
export interface DietEntry {
  readonly id: string;
  /** Whether it was sent here. */
  readonly isOwn: boolean;
  readonly event: DietEvent | DietMessage;
  readonly status: "sending" | "sent" | "failed";
  readonly error: Error | undefined;
}

export interface DietState extends Connected {
  /** The latest first; 200 at most. */
  readonly feed: readonly DietEntry[];
}

export interface DietActions {
  readonly client: DietWebSocketClient;
  /** Shows at once; resolves when the server has it. */
  send(message: DietMessage): Promise<void>;
  /** Sends anew what failed. */
  retry(id: string): Promise<void>;
}

export interface DietHookOptions extends DietOptions {
  readonly url: string;
  /** Types of events that the feed has. */
  readonly types: readonly Type[];
}

const MAX_FEED = 200;

/** Contract diet-game: what this user and their friends do. */
export function useDiet(options: DietHookOptions): DietState & DietActions {
  const { url, userId, sessionId, types } = options;
  const key = JSON.stringify([url, userId, sessionId, types]);
  return useSession(key, options.token, (token) => createDiet({ ...options, token }));
}

function createDiet({ types, ...options }: DietHookOptions): Session<DietState, DietActions> {
  const client = new DietWebSocketClient(ofPage(options));
  const store = new Store<DietState>({ ...NOT_CONNECTED, feed: [] });
  const change = (id: string, part: Partial<DietEntry>) =>
    store.set((state) => ({
      ...state,
      feed: state.feed.map((entry) => (entry.id === id ? { ...entry, ...part } : entry)),
    }));

  for (const type of types) {
    client.subscribe(type, (event) => {
      const { feed } = store.get();
      // Own events come to all of a user's connections.
      if (feed.some(({ id }) => id === event.id)) return;
      const entry: DietEntry = { id: event.id, isOwn: false, event, status: "sent", error: undefined };
      store.set((state) => ({ ...state, feed: [entry, ...feed].slice(0, MAX_FEED) }));
    });
  }

  async function post(id: string, message: DietMessage): Promise<void> {
    try {
      await client.send({ ...message, id });
      change(id, { status: "sent" });
    } catch (error) {
      change(id, { status: "failed", error: asError(error) });
      throw error;
    }
  }

  return {
    ...{ client, store },
    actions: {
      client,
      send(message) {
        const id = message.id ?? newId();
        const event = { ...message, timestamp: message.timestamp ?? new Date().toISOString() };
        const entry: DietEntry = { id, isOwn: true, event, status: "sending", error: undefined };
        store.set((state) => ({ ...state, feed: [entry, ...state.feed].slice(0, MAX_FEED) }));
        return told(post(id, event));
      },
      retry(id) {
        const entry = store.get().feed.find((one) => one.id === id && one.isOwn && one.status === "failed");
        if (!entry) return Promise.resolve();
        change(id, { status: "sending", error: undefined });
        // Own ones are messages.
        return told(post(id, entry.event as DietMessage));
      },
    },
  };
}
