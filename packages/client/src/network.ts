/** What a browser's window tells of the network and the page. Other runtimes tell nothing. */
export interface Network {
  /** Has `onLine`, where it is known. */
  readonly navigator?: object;
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** Whether the page has been opened without a network, so that nothing will tell that it goes. */
export const isOffline = ({ navigator }: Network): boolean =>
  (navigator as { readonly onLine?: boolean } | undefined)?.onLine === false;

export interface NetworkEvents {
  offline(): void;
  online(): void;
  /** The page is looked at again, or no longer: it may have been frozen. */
  visibilitychange(): void;
}

/** The result stops it. */
export function watchNetwork(network: Network, events: NetworkEvents): () => void {
  const all = Object.entries(events);
  for (const [type, listener] of all) network.addEventListener?.(type, listener);
  return () => {
    for (const [type, listener] of all) network.removeEventListener?.(type, listener);
  };
}
