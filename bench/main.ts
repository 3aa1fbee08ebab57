/**
 * `bun run bench [--peers] [--quick] [--scenario NAME]... [--svg FILE] [--patience N]
 * [--window N]`: Switchboard against a bare Bun.serve, and with
 * `--peers` against other servers too. See README.md.
 */
import { parseArgs } from "node:util";
import { chart } from "./chart.ts";
import { compared } from "./compared.ts";
import { bench, type Contest, print } from "./contest.ts";
import { pinned } from "./machine.ts";
import type { PeerName } from "./names.ts";
import { peers } from "./peers/peers.ts";
import { publishContest, publishScenarios } from "./publish-scenarios.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import type { Outcome } from "./table.ts";

const { values: options } = parseArgs({
  options: {
    peers: { type: "boolean" },
    quick: { type: "boolean" },
    scenario: { type: "string", multiple: true },
    svg: { type: "string" },
    patience: { type: "string", default: "0" },
    window: { type: "string" },
  },
});
const length = options.quick ? "quick" : "full";
/** Editing, which is measured without sockets: nobody else does it. */
const EDITING = "editing";
const isChosen = (name: string) => options.scenario?.includes(name) ?? true;

/** Those that are there. Says of the others how they come. */
function present(): readonly PeerName[] {
  return (Object.keys(peers) as PeerName[]).filter((name) => {
    const missing = peers[name].missing();
    if (missing !== undefined) console.error(`WITHOUT ${peers[name].label}: ${missing}`);
    return missing === undefined;
  });
}

/** The number of messages of each publisher on the way, where a scenario keeps a number of them on the way. */
function withWindow(scenario: Scenario): Scenario {
  if (options.window === undefined || scenario.rate || scenario.connecting) return scenario;
  const inFlight = Number(options.window);
  if (!Number.isInteger(inFlight) || inFlight < 1)
    throw new Error("--window must be a whole number, 1 or more");
  return { ...scenario, inFlight };
}

function contestOf(scenario: Scenario): Contest {
  const { name, servers, figures, seconds, connecting } = scenario;
  return {
    ...{ name, servers, figures, bare: "bare.ts", told: { scenario } },
    ms: seconds[length] * 1000,
    load: connecting ? "connect-load.ts" : "load.ts",
    ...(connecting && { fresh: true, checked: connecting.checked }),
  };
}

/** What the command line chose. Throws when it means nothing. */
function choose(): readonly Contest[] {
  const there = options.peers ? present() : [];
  const among = (names: readonly PeerName[]) => names.filter((name) => there.includes(name));
  const ours = scenarios.map(withWindow).map((scenario) => ({
    ...contestOf(scenario),
    servers: [...scenario.servers, ...among(scenario.peers)],
  }));
  const posts = publishScenarios.map((scenario) => ({
    ...publishContest(scenario, length),
    servers: [...scenario.servers, ...among(["node-ws"])],
  }));
  const all = options.peers ? [...ours, ...posts] : ours;
  const names = [...all.map(({ name }) => name), EDITING];
  if (options.scenario?.some((chosen) => !names.includes(chosen)))
    throw new Error(`--scenario must be one of ${names.join(", ")}`);
  return all.filter(({ name }) => isChosen(name));
}

async function show(outcomes: readonly Outcome[]): Promise<void> {
  print(outcomes);
  if (options.peers) console.log(["", ...compared(outcomes)].join("\n"));
  if (options.svg) await Bun.write(options.svg, chart(outcomes));
}

await bench(choose, show, Number(options.patience));
if (isChosen(EDITING) && process.exitCode !== 1) {
  console.error(EDITING);
  console.log();
  const { exitCode } = Bun.spawnSync(pinned("server", [process.execPath, `${import.meta.dir}/edit.ts`]), {
    stdio: ["ignore", "inherit", "inherit"],
  });
  process.exitCode = exitCode;
}
