import { asError } from "./connection.ts";
import type { Letter, LetterStore, StoreEvent } from "./store.ts";

/**
 * The letters of one owner in a store that others may use too. A store that fails, as in some private windows, costs
 * letters their life beyond the page, not their sending.
 */
export class KeptLetters {
  constructor(
    private readonly store: LetterStore | undefined,
    private readonly tell: (event: StoreEvent) => void,
  ) {}

  /** What an earlier page has left of this owner's, oldest first; undefined where the store has failed. */
  async load(owner: string | undefined): Promise<readonly Letter[] | undefined> {
    let all: readonly Letter[] | undefined;
    await this.#do([], async (store) => {
      all = await store.load();
    });
    const foreign = all?.filter((letter) => letter.owner !== owner) ?? [];
    if (foreign.length > 0) this.tell({ type: "foreign", letters: foreign });
    return all?.filter((letter) => letter.owner === owner);
  }

  /** Whether the store has it now. */
  keep({ id, type, data, owner }: Letter): Promise<boolean> {
    const letter = { id, type, data, owner };
    return this.#do([letter], (store) => store.put(letter));
  }

  forget(letter: Letter): void {
    void this.#do([letter], (store) => store.delete(letter.id));
  }

  async #do(letters: readonly Letter[], work: (store: LetterStore) => Promise<void>): Promise<boolean> {
    try {
      if (this.store) await work(this.store);
      return this.store !== undefined;
    } catch (error) {
      this.tell({ type: "failed", letters, error: asError(error) });
      return false;
    }
  }
}
