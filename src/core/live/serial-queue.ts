/** Never rejects. Its results are dropped once the signal is aborted. */
type Ask = (signal: AbortSignal) => Promise<void>;

interface Question {
  readonly userId: string;
  readonly ask: Ask;
}

interface Talk {
  /** The first is being answered. */
  readonly asked: Question[];
  readonly abort: AbortController;
}

// The question that is being answered counts. A user meets their own bounds long before those for all users.
/** Questions of one user that are not answered yet, in one conversation and in all. */
const MAX_OF_USER_IN_CONVERSATION = 9;
const MAX_OF_USER = 16;
/** Questions of all users that are not answered yet, in one conversation and in all. */
const MAX_IN_CONVERSATION = 36;
const MAX_IN_ALL = 1_024;

/** Lets agents answer outside of turns: in each conversation one question after the other. */
export class SerialQueue {
  readonly #talks = new Map<string, Talk>();
  /** How many questions of each user are not answered yet. */
  readonly #ofUsers = new Map<string, number>();
  #inAll = 0;

  /** False when too many are not answered yet. */
  ask(conversation: string, userId: string, ask: Ask): boolean {
    const talk = this.#talks.get(conversation);
    if (this.#isFull(userId, talk)) return false;
    this.#inAll++;
    this.#ofUsers.set(userId, (this.#ofUsers.get(userId) ?? 0) + 1);
    if (talk) talk.asked.push({ userId, ask });
    else {
      const started: Talk = { asked: [{ userId, ask }], abort: new AbortController() };
      this.#talks.set(conversation, started);
      void this.#run(conversation, started);
    }
    return true;
  }

  /** No client is left to receive the answers. */
  cancel(conversation: string): void {
    const talk = this.#talks.get(conversation);
    if (!talk) return;
    this.#talks.delete(conversation);
    for (const { userId } of talk.asked.splice(0)) this.#settled(userId);
    talk.abort.abort();
  }

  cancelAll(): void {
    for (const conversation of this.#talks.keys()) this.cancel(conversation);
  }

  #isFull(userId: string, talk: Talk | undefined): boolean {
    if (this.#inAll >= MAX_IN_ALL || (this.#ofUsers.get(userId) ?? 0) >= MAX_OF_USER) return true;
    if (!talk) return false;
    const own = talk.asked.filter((question) => question.userId === userId).length;
    return talk.asked.length >= MAX_IN_CONVERSATION || own >= MAX_OF_USER_IN_CONVERSATION;
  }

  #settled(userId: string): void {
    this.#inAll--;
    const left = (this.#ofUsers.get(userId) ?? 0) - 1;
    if (left > 0) this.#ofUsers.set(userId, left);
    else this.#ofUsers.delete(userId);
  }

  async #run(conversation: string, { asked, abort }: Talk): Promise<void> {
    for (let first = asked[0]; first; first = asked[0]) {
      await first.ask(abort.signal);
      if (abort.signal.aborted) return;
      asked.shift();
      this.#settled(first.userId);
    }
    this.#talks.delete(conversation);
  }
}
