import type { Agent, Answer, Question } from "../ports/agent.ts";

/** Knows whether the last question was answered. An aborted one does not count. */
export class WatchedAgent implements Agent {
  works = true;

  constructor(private readonly agent: Agent) {}

  async answer(question: Question): Promise<Answer> {
    try {
      const answer = await this.agent.answer(question);
      this.works = true;
      return answer;
    } catch (error) {
      if (!question.signal.aborted) this.works = false;
      throw error;
    }
  }
}
