import type { Agent, Answer, Question } from "../ports/agent.ts";

/**
 * How many questions are put to the agent at the same time, and how many of one user. Bun makes 256 HTTP requests of
 * a process at a time: at least half of them stay free for the keys that tokens are checked with, and for webhooks.
 */
const MAX_AT_ONCE = 128;
const MAX_AT_ONCE_OF_USER = 4;

interface Asker {
  running: number;
  /** What lets the questions go that wait, the oldest first. */
  readonly waiting: Set<() => void>;
}

/** Puts the users' questions to an agent in turns, so that no user keeps the others waiting. */
export class FairAgent implements Agent {
  #atOnce = 0;
  /** The users who ask now, in turn: the user whose question was sent last is last. */
  readonly #askers = new Map<string, Asker>();

  constructor(private readonly agent: Agent) {}

  async answer(question: Question): Promise<Answer> {
    const { signal, userId } = question;
    signal.throwIfAborted();
    const asker = this.#askers.get(userId) ?? { running: 0, waiting: new Set() };
    this.#askers.set(userId, asker);
    if (this.#mayGo(asker)) this.#go(userId, asker);
    else await this.#turn(userId, asker, signal);
    try {
      return await this.agent.answer(question);
    } finally {
      this.#atOnce--;
      asker.running--;
      this.#forget(userId, asker);
      this.#next();
    }
  }

  #mayGo({ running }: Asker): boolean {
    return this.#atOnce < MAX_AT_ONCE && running < MAX_AT_ONCE_OF_USER;
  }

  #go(userId: string, asker: Asker): void {
    this.#atOnce++;
    asker.running++;
    this.#askers.delete(userId);
    this.#askers.set(userId, asker);
  }

  /** Resolves when it is the question's turn, which counts as running then. Rejects when no client waits for the answer. */
  #turn(userId: string, asker: Asker, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        asker.waiting.delete(go);
        this.#forget(userId, asker);
        reject(signal.reason);
      };
      const go = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      signal.addEventListener("abort", leave, { once: true });
      asker.waiting.add(go);
    });
  }

  #forget(userId: string, { running, waiting }: Asker): void {
    if (running === 0 && waiting.size === 0) this.#askers.delete(userId);
  }

  #next(): void {
    for (const [userId, asker] of this.#askers) {
      const [go] = asker.waiting;
      if (!go || !this.#mayGo(asker)) continue;
      asker.waiting.delete(go);
      this.#go(userId, asker);
      go();
      return;
    }
  }
}
