import type { Contest } from "./contest.ts";
import type { ServerName } from "./names.ts";
import type { PostContract } from "./posted.ts";
import { bytesPerDelivery, type Figure, latencies, p95, perDelivery } from "./table.ts";

/** What backends post and who hears it, as data: `publish-load.ts` plays any of these. */
export interface PublishScenario {
  name: string;
  contract: PostContract;
  /** Of one room; with none, each answer is answered by the next request. */
  viewers: number;
  /** Connections of backends, each with one request on the way. */
  backends: number;
  /** Posted by one request: an array, if it is more than one. */
  events: number;
  /** Events a second, sent when they are due. */
  rate?: number;
  seconds: { full: number; quick: number };
  servers: readonly ServerName[];
  figures: readonly Figure[];
}

const perRequest: Figure = {
  name: "CPU µs a request",
  of: (round) => round.serverCpuNs / round.messages / 1000,
};

/** One by one, and nobody watches. */
const single = {
  ...{ viewers: 0, events: 1 },
  seconds: { full: 4, quick: 1 },
  servers: ["bare", "FULL", "NORMAL"],
  figures: [perRequest],
} satisfies Partial<PublishScenario>;

export const publishScenarios: readonly PublishScenario[] = [
  {
    name: "gifts",
    contract: "hyperfocus",
    viewers: 10_000,
    backends: 1,
    events: 100,
    seconds: { full: 6, quick: 2 },
    servers: ["bare", "FULL"],
    figures: [perDelivery, bytesPerDelivery],
  },
  { ...single, name: "single-gifts", contract: "hyperfocus", backends: 16 },
  { ...single, name: "single-events", contract: "discord", backends: 16 },
  { ...single, name: "many-backends", contract: "discord", backends: 64 },
  {
    name: "gateway",
    contract: "discord",
    viewers: 100,
    backends: 16,
    events: 1,
    rate: 100,
    seconds: { full: 10, quick: 3 },
    servers: ["bare", "FULL"],
    figures: [...latencies, p95],
  },
];

export const publishContest = (scenario: PublishScenario, length: "full" | "quick"): Contest => ({
  ...scenario,
  ...{
    ms: scenario.seconds[length] * 1000,
    load: "publish-load.ts",
    told: { scenario },
    bare: "bare-publish.ts",
  },
});
