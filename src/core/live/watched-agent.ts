import type { Agent, Answer, Question } from "../ports/agent.ts";
import { Refusal } from "../protocol/refusal.ts";

/** Knows whether the last question was answered. An aborted one does not count. */
export class WatchedAgent implements Agent {
  works = true;

  /** `failed` gets the reason when an answer fails for the first time, and again only after one has come since. */
  constructor(
    private readonly agent: Agent,
    private readonly failed: (reason: Refusal) => void,
  ) {}

  async answer(question: Question): Promise<Answer> {
    try {
      const answer = await this.agent.answer(question);
      this.works = true;
      return answer;
    } catch (error) {
      if (question.signal.aborted) throw error;
      // Contracts report what is no refusal.
      if (this.works && error instanceof Refusal) this.failed(error);
      this.works = false;
      throw error;
    }
  }
}
