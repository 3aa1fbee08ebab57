/** `bun run bench/publish.ts [--quick] [--scenario NAME]`: what backends and their viewers cost. See README.md. */
import { parseArgs } from "node:util";
import { bench } from "./contest.ts";
import { publishContest, publishScenarios } from "./publish-scenarios.ts";

await bench(() => {
  const { values } = parseArgs({ options: { quick: { type: "boolean" }, scenario: { type: "string" } } });
  return publishScenarios
    .filter(({ name }) => !values.scenario || name === values.scenario)
    .map((scenario) => publishContest(scenario, values.quick ? "quick" : "full"));
});
