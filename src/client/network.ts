/** What a browser's window tells of the network and the page. */
export interface Network {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/** The window, where there is one. */
export const ownNetwork = (): Network | undefined =>
  typeof globalThis.addEventListener === "function" ? globalThis : undefined;

export interface NetworkEvents {
  offline(): void;
  online(): void;
  /** The page is looked at again, or no longer: it may have been frozen. */
  visibilitychange(): void;
}

/** The result stops it. */
export function watchNetwork(network: Network | undefined, events: NetworkEvents): () => void {
  const all = Object.entries(events);
  for (const [type, listener] of all) network?.addEventListener(type, listener);
  return () => {
    for (const [type, listener] of all) network?.removeEventListener(type, listener);
  };
}
