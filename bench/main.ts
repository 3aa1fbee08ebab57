/** `bun run bench [--quick] [--scenario NAME]`: Switchboard against a bare Bun.serve. See README.md. */
import { parseArgs } from "node:util";
import { bench, type Contest } from "./contest.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import { type Figure, latencies, perDelivery, perMessage } from "./table.ts";

function figuresOf({ rooms, rate }: Scenario): readonly Figure[] {
  if (rate) return [...latencies, perMessage];
  return [rooms === 1 ? perDelivery : perMessage];
}

/** What the command line chose. Throws when it means nothing. */
function choose(): readonly Contest[] {
  const { values } = parseArgs({ options: { quick: { type: "boolean" }, scenario: { type: "string" } } });
  const chosen = scenarios.filter(({ name }) => !values.scenario || name === values.scenario);
  if (chosen.length === 0)
    throw new Error(`--scenario must be one of ${scenarios.map(({ name }) => name).join(", ")}`);
  return chosen.map((scenario) => ({
    name: scenario.name,
    servers: scenario.servers,
    figures: figuresOf(scenario),
    ms: scenario.seconds[values.quick ? "quick" : "full"] * 1000,
    load: "load.ts",
    told: { scenario },
    bare: "bare.ts",
  }));
}

await bench(choose);
