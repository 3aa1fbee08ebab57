import type { Clock } from "./clock.ts";
import { asError } from "./connection.ts";
import { inTime } from "./in-time.ts";
import type { Draft } from "./shared-edit.ts";
import type { MessageStore, StoreEvent } from "./store.ts";

/** By session, the documents that the server does not have as they are here, in the store where it keeps them. */
export class Drafts extends Map<string, Draft> {
  #owner: string | undefined;
  /** Done once what the store has of this owner is here. */
  #loaded: Promise<void> | undefined;

  constructor(
    private readonly store: MessageStore | undefined,
    private readonly clock: Clock,
    private readonly tell: (event: StoreEvent) => void,
  ) {
    super();
  }

  /** What an earlier page has left of this owner's. */
  async load(owner: string | undefined): Promise<void> {
    if (owner !== undefined && owner !== this.#owner) {
      this.#owner = owner;
      this.clear();
      this.#loaded = this.#try(async () => {
        const all = (await inTime(this.clock, this.store?.loadDrafts?.(owner))) ?? [];
        if (owner === this.#owner) for (const one of all) this.set(...one);
      });
    }
    await this.#loaded;
  }

  keep(sessionId: string, draft: Draft | undefined): void {
    const { store } = this;
    const owner = this.#owner;
    if (!store?.saveDrafts || owner === undefined) return;
    if (draft) this.set(sessionId, draft);
    else if (!this.delete(sessionId)) return;
    void this.#try(async () => store.saveDrafts?.(owner, [...this]));
  }

  /** A store that fails costs text its life beyond the page. */
  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.tell({ type: "failed", messages: [], error: asError(error) });
    }
  }
}
