import type { Clock } from "./clock.ts";
import { asError } from "./connection.ts";
import { inTime } from "./in-time.ts";
import type { MessageStore, QueuedMessage, StoreEvent } from "./store.ts";

/**
 * The messages of one owner in a store that others may use too. A store that fails, as in some private windows, costs
 * messages their life beyond the page, but does not keep them from being sent.
 */
export class StoredMessages {
  constructor(
    private readonly store: MessageStore | undefined,
    private readonly clock: Clock,
    private readonly tell: (event: StoreEvent) => void,
  ) {}

  /** What an earlier page has left of this owner's, oldest first; undefined where the store has failed. */
  async load(owner: string | undefined): Promise<readonly QueuedMessage[] | undefined> {
    let all: readonly QueuedMessage[] | undefined;
    await this.#do([], async (store) => {
      all = await inTime(this.clock, store.load());
    });
    const foreign = all?.filter((message) => message.owner !== owner);
    if (foreign?.length) this.tell({ type: "foreign", messages: foreign });
    return all?.filter((message) => message.owner === owner);
  }

  /** Whether the store has it now. */
  keep({ id, type, data, owner }: QueuedMessage): Promise<boolean> {
    const message = { id, type, data, owner };
    return this.#do([message], (store) => store.put(message));
  }

  forget(message: QueuedMessage): void {
    void this.#do([message], (store) => store.delete(message.id));
  }

  async #do(
    messages: readonly QueuedMessage[],
    work: (store: MessageStore) => Promise<void>,
  ): Promise<boolean> {
    try {
      if (this.store) await work(this.store);
      return this.store !== undefined;
    } catch (error) {
      this.tell({ type: "failed", messages, error: asError(error) });
      return false;
    }
  }
}
