import { rmSync } from "node:fs";
import { join } from "node:path";
import { natsServer } from "../src/verify/cluster/log-servers.ts";
import { PROMISES } from "../src/verify/faults.ts";
import { createMutant, ROOT, run, runTest, searchSimulations } from "./mutant.ts";
import {
  type ClusterMutation,
  clusterMutations,
  type Mutation,
  mutations,
  type NodeMutation,
  nodeMutations,
} from "./mutations.ts";

// Applies each mutation to a copy of the server and checks that verify and the simulation detect it:
// `bun run break [part of a name]`. A few attempts are allowed, since a broken server does not fail at every moment.
const ATTEMPTS = 5;
/** Of the first attempt. Each further one is longer by as much, since little happens in six seconds of a busy machine. */
const SECONDS = 6;
/** From each seed. */
const SIMULATIONS = 300;
const SIMULATION_SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/** A simulation of several nodes takes several times as long. */
const NODE_SEEDS = [1, 2, 3];

/** Verify's report of the fault; undefined when no attempt detects it. */
async function verify(
  mutation: Pick<Mutation, "fault" | "mishaps">,
  mutant: string,
  ...more: string[]
): Promise<string | undefined> {
  const { mishaps } = mutation;
  const chaos = !mishaps ? ["--chaos"] : mishaps.length > 0 ? ["--mishaps", mishaps.join()] : [];
  for (let seed = 1; seed <= ATTEMPTS; seed++) {
    const options = [...more, ...chaos, "--seconds", `${SECONDS * seed}`, "--seed", `${seed}`];
    const { out, err, code } = await run(join(mutant, "src/main.ts"), "verify", ...options);
    const lines = out.split("\n");
    const at = lines.findIndex((line) => line.startsWith(`  ${PROMISES[mutation.fault]} `));
    if (at < 0) throw new Error(`verify made no report: ${out}${err}`);
    const count = Number(lines[at]?.trim().split(/ +/).at(-1));
    if (code === 1 && count > 0) return `seed ${seed}: ${lines[at]?.trim()}\n      ${lines[at + 1]?.trim()}`;
  }
  return undefined;
}

/** Undefined when the simulations of a seed do not detect it. An unchanged server must pass the same simulations. */
async function simulate(
  mutation: Pick<Mutation, "fault">,
  mutant: string,
  servers: "server" | "nodes",
): Promise<string | undefined> {
  const seeds = servers === "server" ? SIMULATION_SEEDS : NODE_SEEDS;
  const found = await searchSimulations(mutant, servers, mutation, SIMULATIONS, seeds);
  if (found.includes(0)) return undefined;
  const unchanged = await searchSimulations(ROOT, servers, mutation, Math.max(...found), seeds);
  if (unchanged.some((simulation) => simulation > 0))
    throw new Error(`an unchanged server shows the fault ${mutation.fault}, too`);
  return `from each of ${found.length} seeds, in simulation ${found.join(", ")}`;
}

/** By what a mutation of nodes is found: simulations, or a test that fails. */
async function foundInNodes({ fault, test }: NodeMutation, mutant: string): Promise<string | undefined> {
  if (fault) return simulate({ fault }, mutant, "nodes");
  if (test !== undefined) return failing(test, mutant);
  throw new Error("a mutation has a fault or a test");
}

/** The first test that fails with the mutation, and passes without it. */
async function failing(test: string, mutant: string): Promise<string | undefined> {
  const [changed, unchanged] = await Promise.all([runTest(mutant, test), runTest(ROOT, test)]);
  if (unchanged.code !== 0) throw new Error(`an unchanged server fails ${test}, too`);
  return /^\(fail\) (.+)$/m.exec(changed.err)?.[1];
}

/** Verify's report of a cluster. */
async function ofCluster(mutation: ClusterMutation): Promise<string | undefined> {
  const mutant = createMutant(mutation);
  try {
    const began = performance.now();
    const found = await verify(mutation, mutant, "--cluster", "3");
    const inCluster = found && `after ${Math.round((performance.now() - began) / 1_000)} s, ${found}`;
    if (!inCluster || !mutation.isSimulated) return inCluster;
    const simulated = await simulate(mutation, mutant, "nodes");
    return simulated && `${inCluster}\n    in the simulation: ${simulated}`;
  } finally {
    rmSync(mutant, { recursive: true });
  }
}

let missed = 0;
const [wanted = ""] = process.argv.slice(2);
for (const mutation of mutations.filter(({ name }) => name.includes(wanted))) {
  const mutant = createMutant(mutation);
  try {
    const found = await verify(mutation, mutant);
    const simulated = mutation.isOutside ? undefined : await simulate(mutation, mutant, "server");
    if (!found || !(simulated || mutation.isOutside)) missed++;
    console.log(`${found ? "found " : "MISSED"}  a server that ${mutation.name}\n    ${found ?? ""}`);
    if (!mutation.isOutside)
      console.log(`    in the simulation: ${simulated ? `found ${simulated}` : "MISSED"}`);
  } finally {
    rmSync(mutant, { recursive: true });
  }
}
for (const mutation of nodeMutations.filter(({ name }) => name.includes(wanted))) {
  const mutant = createMutant(mutation);
  try {
    const found = await foundInNodes(mutation, mutant);
    if (!found) missed++;
    console.log(
      `${found ? "found " : "MISSED"}  nodes on one log, of which one ${mutation.name}\n    ${found ?? ""}`,
    );
  } finally {
    rmSync(mutant, { recursive: true });
  }
}
const ofNodes = clusterMutations.filter(({ name }) => name.includes(wanted));
if (natsServer() === undefined && ofNodes.length > 0)
  console.log(
    `SKIPPED ${ofNodes.length} mutations of a cluster: there is no nats-server, see scripts/get-nats.sh`,
  );
else
  for (const mutation of ofNodes) {
    const found = await ofCluster(mutation);
    if (!found) missed++;
    console.log(
      `${found ? "found " : "MISSED"}  a cluster of which a node ${mutation.name}\n    ${found ?? ""}`,
    );
  }
process.exit(missed === 0 ? 0 : 1);
