import { systemClock } from "../clock.ts";
import { type Gift, type GiftEvents, GiftHostClient, type GiftOptions, GiftViewerClient } from "../index.ts";
import { type Connected, NOT_CONNECTED, ofPage, type Session, useSession } from "./session.ts";
import { Store } from "./store.ts";

export interface GiftsOptions extends GiftOptions {
  /** "host", the default, is sent again what it has not acknowledged. */
  readonly role?: "host" | "viewer";
}

export interface GiftsState extends Connected {
  /** The gift that is being shown: for as long as its animation takes, or until `done`. */
  readonly current: Gift | undefined;
  /** Gifts that wait to be shown. */
  readonly waiting: readonly Gift[];
  /** Gifts that have been shown, the latest first; 50 at most. */
  readonly shown: readonly Gift[];
  readonly status: GiftEvents["stream:status"]["payload"] | undefined;
}

export interface GiftsActions {
  readonly client: GiftHostClient | GiftViewerClient;
  /** The animation has ended; it is acknowledged, and the next one comes. */
  done(): void;
  /** Tells the server that the gift could not be shown. */
  fail(error: Error): void;
}

const MAX_SHOWN = 50;

/** Contract hyperfocus-gifts: one stream. Gifts are shown one after another, and acknowledged when they have been. */
export function useGifts(options: GiftsOptions): GiftsState & GiftsActions {
  const { url, userId, streamId, clientId, role } = options;
  const key = JSON.stringify([url, userId, streamId, clientId, role]);
  return useSession(key, options.token, (token) =>
    createGifts(options.token === undefined ? options : { ...options, token }),
  );
}

function createGifts({ role = "host", ...options }: GiftsOptions): Session<GiftsState, GiftsActions> {
  const client = role === "host" ? new GiftHostClient(options) : new GiftViewerClient(ofPage(options));
  const clock = options.clock ?? systemClock;
  const store = new Store<GiftsState>({
    ...{ ...NOT_CONNECTED, current: undefined, waiting: [], shown: [], status: undefined },
  });
  const ends = new Map<string, { resolve(): void; reject(error: Error): void }>();
  let cancel: (() => void) | undefined;

  function next(): void {
    const { current, waiting } = store.get();
    const [first, ...rest] = waiting;
    if (current || !first) return;
    store.set((state) => ({ ...state, current: first, waiting: rest }));
    cancel = clock.after(first.animation.duration, () => end());
  }

  function end(error?: Error): void {
    const { current } = store.get();
    if (!current) return;
    cancel?.();
    const shown = [current, ...store.get().shown].slice(0, MAX_SHOWN);
    store.set((state) => ({ ...state, current: undefined, shown: error ? state.shown : shown }));
    const { resolve, reject } = ends.get(current.giftId) ?? {};
    ends.delete(current.giftId);
    if (error) reject?.(error);
    else resolve?.();
    next();
  }

  client.show((gift) => {
    const ended = new Promise<void>((resolve, reject) => ends.set(gift.giftId, { resolve, reject }));
    store.set((state) => ({ ...state, waiting: [...state.waiting, gift] }));
    next();
    return ended;
  });
  client.subscribe("stream:status", ({ payload }) => store.set((state) => ({ ...state, status: payload })));
  return { client, store, actions: { client, done: () => end(), fail: (error) => end(error) } };
}
