/** Never rejects. Nobody hears what it does once the signal is aborted. */
type Ask = (signal: AbortSignal) => Promise<void>;

interface Talk {
  /** The first is being answered. */
  readonly asked: Ask[];
  readonly abort: AbortController;
}

/** Questions that may wait in one conversation, besides the one that is being answered. */
const MAX_WAITING = 8;

/** Lets agents answer outside of turns: in each conversation one question after the other. */
export class Questions {
  readonly #talks = new Map<string, Talk>();

  /** False when too many wait already. */
  ask(conversation: string, ask: Ask): boolean {
    const talk = this.#talks.get(conversation);
    if (talk) return talk.asked.length <= MAX_WAITING && talk.asked.push(ask) > 0;
    const started: Talk = { asked: [ask], abort: new AbortController() };
    this.#talks.set(conversation, started);
    void this.#run(conversation, started);
    return true;
  }

  /** Nobody is left to hear the answers. */
  cancel(conversation: string): void {
    this.#talks.get(conversation)?.abort.abort();
    this.#talks.delete(conversation);
  }

  cancelAll(): void {
    for (const conversation of this.#talks.keys()) this.cancel(conversation);
  }

  async #run(conversation: string, { asked, abort }: Talk): Promise<void> {
    for (let ask = asked[0]; ask; asked.shift(), ask = asked[0]) {
      await ask(abort.signal);
      if (abort.signal.aborted) return;
    }
    this.#talks.delete(conversation);
  }
}
