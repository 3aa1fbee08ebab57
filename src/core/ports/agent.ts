/** One line of the conversation so far, oldest first. */
export interface Utterance {
  readonly role: "user" | "assistant";
  readonly content: string;
}

export interface Question {
  /** Whose question it is. */
  readonly userId: string;
  /** Which persona answers; chooses the prompt. */
  readonly agentId: string;
  /** Recent history, oldest first, ending with the message to answer. */
  readonly conversation: readonly Utterance[];
  /** Aborts when no client is left to receive the answer, or the server stops. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly content: string;
  /** 0 to 1. */
  readonly confidence: number;
  /** Shown with the answer, for example that the offline agent gave it. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface Agent {
  /**
   * Resolves to a non-empty answer. Rejects when the endpoint is down, too slow or sends no valid answer, or with the
   * signal's reason when aborted. It never takes longer than its own time limit.
   */
  answer(question: Question): Promise<Answer>;
}
