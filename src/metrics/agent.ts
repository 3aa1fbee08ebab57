import { Histogram } from "../core/log/histogram.ts";
import type { Agent } from "../core/ports/agent.ts";

/** Counts the calls of an agent. */
export class CountedAgent implements Agent {
  calls = 0;
  failures = 0;
  /** Seconds, of answers and failures. */
  readonly duration = new Histogram([0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]);

  constructor(private readonly agent: Agent) {}

  async answer(question: Parameters<Agent["answer"]>[0]): ReturnType<Agent["answer"]> {
    this.calls++;
    const begun = performance.now();
    try {
      return await this.agent.answer(question);
    } catch (error) {
      // Nobody was left to get the answer, so the agent has not failed.
      if (!question.signal.aborted) this.failures++;
      throw error;
    } finally {
      this.duration.observe((performance.now() - begun) / 1_000);
    }
  }
}
