/** The load generator of `main.ts`: any missing or wrong delivery ends the process with 1. */
import { Crowd } from "./crowd.ts";
import { dialectOf } from "./dialects/all.ts";
import { generate, type Played, type Target } from "./generator.ts";
import { keepInFlight, keepRate } from "./rounds.ts";
import type { Scenario } from "./scenarios.ts";

const { scenario, server, port, pid }: Target & { scenario: Scenario } = JSON.parse(process.argv[2] ?? "{}");
const crowd = new Crowd(scenario, dialectOf(server, scenario.contract), port);
let rounds = 0;

/** With and without somebody who has stopped reading, half of the time each, by turns one of them first. */
function playTwice(ms: number, rate: number): Pick<Played, "latency" | "calm"> {
  const stopped = () => crowd.besideOneWhoStopped(() => keepRate(crowd, ms / 2, rate));
  const calm = () => keepRate(crowd, ms / 2, rate);
  if (rounds++ % 2 === 0) return { calm: calm(), latency: stopped() };
  return { latency: stopped(), calm: calm() };
}

function playOnce(ms: number): Pick<Played, "latency" | "calm"> {
  const { rate, stopped } = scenario;
  if (rate && stopped) return playTwice(ms, rate);
  if (rate) return { latency: keepRate(crowd, ms, rate) };
  keepInFlight(crowd, ms);
  return {};
}

function play(ms: number): Played {
  const expected = crowd.tally.expected;
  const latency = playOnce(ms);
  const deliveries = crowd.tally.expected - expected;
  return { messages: deliveries / scenario.members, deliveries, ...latency };
}

await generate(pid, {
  gather: () => crowd.gather(process.env["JWT_SECRET"] ?? ""),
  play,
  idle: () => crowd.idle(),
});
