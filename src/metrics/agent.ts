import { Histogram } from "../core/log/histogram.ts";
import type { Agent } from "../core/ports/agent.ts";
import type { Exposition } from "./exposition.ts";

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

export function exposeAgent(exposition: Exposition, agent: CountedAgent): void {
  exposition.counter("switchboard_agent_calls_total", "Questions sent to the agent.", agent.calls);
  exposition.counter(
    "switchboard_agent_failures_total",
    "Questions that the agent failed to answer.",
    agent.failures,
  );
  exposition.histogram(
    "switchboard_agent_duration_seconds",
    "Time until the agent answered or failed.",
    agent.duration,
  );
}
