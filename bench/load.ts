/** The load generator of `main.ts`: any missing or wrong delivery ends the process with 1. */
import { Crowd } from "./crowd.ts";
import { generate, type Played, type Target } from "./generator.ts";
import { keepInFlight, keepRate } from "./rounds.ts";
import type { Scenario } from "./scenarios.ts";

const { scenario, port, pid }: Target & { scenario: Scenario } = JSON.parse(process.argv[2] ?? "{}");
const crowd = new Crowd(scenario);

function play(ms: number): Played {
  const { rate, members } = scenario;
  const expected = crowd.tally.expected;
  const latency = rate ? keepRate(crowd, ms, rate) : keepInFlight(crowd, ms);
  const deliveries = crowd.tally.expected - expected;
  return { messages: deliveries / members, deliveries, ...(latency && { latency }) };
}

await generate(pid, {
  gather: () => crowd.gather(port, process.env["JWT_SECRET"] ?? ""),
  play,
  idle: () => crowd.idle(),
});
