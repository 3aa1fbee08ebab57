import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Client } from "../client.ts";
import type { ConnectionEvent, ConnectionState } from "../connection.ts";
import type { DietWebSocketClient } from "../diet.ts";
import type { DietEvents } from "../diet-messages.ts";
import type { MessageStore } from "../store.ts";
import type { Token } from "../token.ts";
import type { Store } from "./store.ts";

/** In the state of each hook. */
export interface Connected {
  readonly connection: ConnectionState;
  /** Why there is no connection, as far as that is known; why a room could not be entered. */
  readonly error: Error | undefined;
  /** Whether all that was missed while there was no connection is there; "none" as long as that is not known. */
  readonly resumed: "complete" | "incomplete" | "none";
}
export const NOT_CONNECTED: Connected = { connection: "disconnected", error: undefined, resumed: "none" };

/** The state of a hook ends with its page: what it has heard would be missing from the next one. */
export function ofPage<Options extends { readonly store?: MessageStore }>(options: Options): Options {
  const { store } = options;
  if (!store) return options;
  const messages: MessageStore = {
    load: () => store.load(),
    put: (message) => store.put(message),
    delete: (id) => store.delete(id),
  };
  return { ...options, store: messages };
}

interface AnyClient {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  onConnectionEvent(handler: (event: ConnectionEvent) => void): () => void;
  getConnectionState(): ConnectionState;
}

/** A client, what is known through it, and what can be done. One for each component, while its options are the same. */
export interface Session<State extends Connected, Actions extends object> {
  readonly client: AnyClient;
  readonly store: Store<State>;
  readonly actions: Actions;
  /** Once, when there is a connection for the first time to ask for. The client does it again after a reconnect. */
  enter?(): Promise<unknown>;
}

interface Running<State extends Connected, Actions extends object> {
  readonly key: string;
  readonly session: Session<State, Actions>;
  readonly start: () => () => void;
}

function run<State extends Connected, Actions extends object>(
  key: string,
  session: Session<State, Actions>,
): Running<State, Actions> {
  const { client, store } = session;
  let isEntered = false;
  client.onConnectionEvent(({ type, data }) => {
    const error = type === "connected" ? undefined : (data?.error ?? store.get().error);
    store.set((state) => ({
      ...state,
      connection: client.getConnectionState(),
      error,
      resumed: resumedAfter(state.resumed, type, data?.resumed),
    }));
    // The connection was given up before, and the page has made another.
    if (type === "connected") enter();
  });
  const failed = (error: Error) => store.set((state) => ({ ...state, error }));
  function enter(): void {
    if (isEntered) return;
    isEntered = true;
    session.enter?.().catch((error: Error) => {
      isEntered = false;
      failed(error);
    });
  }
  return {
    ...{ key, session },
    start() {
      // Its failure is in the state.
      client.connect().catch(() => {});
      enter();
      store.set((state) => ({ ...state, connection: client.getConnectionState() }));
      return () => void client.disconnect();
    },
  };
}

/** One room that is incomplete is enough, until the connection is lost again. */
function resumedAfter(
  before: Connected["resumed"],
  type: ConnectionEvent["type"],
  verdict: "complete" | "incomplete" = "complete",
): Connected["resumed"] {
  if (type === "disconnected") return "none";
  return type === "resumed" && before !== "incomplete" ? verdict : before;
}

/**
 * The state and the actions of a session that lasts as long as `key` is the same. It connects when the component is
 * mounted and disconnects when it is not: nothing happens while rendering, on a server either.
 */
export function useSession<State extends Connected, Actions extends object>(
  key: string,
  token: Token | undefined,
  create: (token: () => Promise<string>) => Session<State, Actions>,
): State & Actions {
  // The latest one: components make a function anew each time they are rendered.
  const latest = useRef(token);
  const ask = async (): Promise<string> => {
    const { current } = latest;
    return (typeof current === "function" ? await current() : current) ?? "";
  };
  const [held, hold] = useState(() => run(key, create(ask)));
  let running = held;
  if (held.key !== key) {
    running = run(key, create(ask));
    hold(running);
  }
  useEffect(() => {
    latest.current = token;
  }, [token]);
  useEffect(() => running.start(), [running]);
  const { store, actions } = running.session;
  const state = useSyncExternalStore(store.subscribe, store.get, store.get);
  return { ...state, ...actions };
}

/** As much of a client as hearing needs: the diet client sends by more types than `Client` has. */
type Audible<Events extends object> = Pick<Client<Events, never, object>, "subscribe" | "unsubscribe">;

/** Hears events of a hook's `client`, by their type, while the component is mounted. The handler may be a new one each time. */
export function useEvent<Type extends keyof DietEvents>(
  client: DietWebSocketClient,
  type: Type,
  handler: (event: DietEvents[Type]) => void,
): void;
export function useEvent<Events extends object, Type extends keyof Events>(
  client: Client<Events, never, object>,
  type: Type,
  handler: (event: Events[Type]) => void,
): void;
export function useEvent<Events extends object, Type extends keyof Events>(
  client: Audible<Events>,
  type: Type,
  handler: (event: Events[Type]) => void,
): void {
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  }, [handler]);
  useEffect(() => {
    const hear = (event: Events[Type]) => latest.current(event);
    client.subscribe(type, hear);
    return () => client.unsubscribe(type, hear);
  }, [client, type]);
}
