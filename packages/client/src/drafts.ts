import { asError } from "./connection.ts";
import type { Draft } from "./shared-edit.ts";
import type { MessageStore, StoreEvent } from "./store.ts";

/** By session, the documents that the server does not have as they are here, in the store where it keeps them. */
export class Drafts extends Map<string, Draft> {
  #owner: string | undefined;

  constructor(
    private readonly store: MessageStore | undefined,
    private readonly tell: (event: StoreEvent) => void,
  ) {
    super();
  }

  /** What an earlier page has left of this owner's. */
  async load(owner: string | undefined): Promise<void> {
    if (owner === undefined || owner === this.#owner) return;
    this.#owner = owner;
    this.clear();
    await this.#try(async () => {
      const all = (await this.store?.loadDrafts?.(owner)) ?? [];
      if (owner === this.#owner) for (const one of all) this.set(...one);
    });
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
