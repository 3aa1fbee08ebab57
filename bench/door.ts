/** `bun run bench/door.ts [--quick] [--scenario NAME]`: what backends and their viewers cost. See README.md. */
import { parseArgs } from "node:util";
import { bench } from "./contest.ts";
import { doorContest, doorScenarios } from "./door-scenarios.ts";

await bench(() => {
  const { values } = parseArgs({ options: { quick: { type: "boolean" }, scenario: { type: "string" } } });
  return doorScenarios
    .filter(({ name }) => !values.scenario || name === values.scenario)
    .map((scenario) => doorContest(scenario, values.quick ? "quick" : "full"));
});
