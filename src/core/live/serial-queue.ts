/** Never rejects. Its results are dropped once the signal is aborted. */
type Ask = (signal: AbortSignal) => Promise<void>;

interface Question {
  readonly userId: string;
  readonly ask: Ask;
  readonly cancelled: (() => void) | undefined;
}

interface Queue {
  /** The agent answers the first one. */
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

/** Agents answer outside of turns: in each conversation one question after the other. */
export class SerialQueue {
  readonly #queues = new Map<string, Queue>();
  /** How many questions of each user are not answered yet. */
  readonly #ofUsers = new Map<string, number>();
  #inAll = 0;

  /** False when too many are not answered yet. `cancelled`: it was cancelled while it waited, so it is never asked. */
  ask(conversation: string, userId: string, ask: Ask, cancelled?: () => void): boolean {
    const queue = this.#queues.get(conversation);
    if (this.#isFull(userId, queue)) return false;
    this.#inAll++;
    this.#ofUsers.set(userId, (this.#ofUsers.get(userId) ?? 0) + 1);
    if (queue) queue.asked.push({ userId, ask, cancelled });
    else {
      const started: Queue = { asked: [{ userId, ask, cancelled }], abort: new AbortController() };
      this.#queues.set(conversation, started);
      void this.#run(conversation, started);
    }
    return true;
  }

  /** No client is left to receive the answers. */
  cancel(conversation: string): void {
    const queue = this.#queues.get(conversation);
    if (!queue) return;
    this.#queues.delete(conversation);
    const questions = queue.asked.splice(0);
    for (const { userId } of questions) this.#settled(userId);
    queue.abort.abort();
    for (const { cancelled } of questions.slice(1)) cancelled?.();
  }

  cancelAll(): void {
    for (const conversation of this.#queues.keys()) this.cancel(conversation);
  }

  #isFull(userId: string, queue: Queue | undefined): boolean {
    if (this.#inAll >= MAX_IN_ALL || (this.#ofUsers.get(userId) ?? 0) >= MAX_OF_USER) return true;
    if (!queue) return false;
    const own = queue.asked.filter((question) => question.userId === userId).length;
    return queue.asked.length >= MAX_IN_CONVERSATION || own >= MAX_OF_USER_IN_CONVERSATION;
  }

  #settled(userId: string): void {
    this.#inAll--;
    const left = (this.#ofUsers.get(userId) ?? 0) - 1;
    if (left > 0) this.#ofUsers.set(userId, left);
    else this.#ofUsers.delete(userId);
  }

  async #run(conversation: string, { asked, abort }: Queue): Promise<void> {
    for (let first = asked[0]; first; first = asked[0]) {
      await first.ask(abort.signal);
      if (abort.signal.aborted) return;
      asked.shift();
      this.#settled(first.userId);
    }
    this.#queues.delete(conversation);
  }
}
