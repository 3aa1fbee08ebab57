import type { ClusterState } from "../http/cluster.ts";

const HASH_DIGITS = 12;
const number = (value: number): string => value.toLocaleString("en");

/** The nodes and the servers of the log, for `switchboard status`. */
export function clusterLines({ cluster, log, nodes }: ClusterState): string[] {
  const width = Math.max(...nodes.map(({ name }) => name.length));
  return [
    `  cluster      ${cluster}, ${number(nodes.length)} ${nodes.length === 1 ? "node" : "nodes"}`,
    `  log servers  ${log ? serversOf(log) : "none answers"}`,
    ...nodes.map((node) => `    ${node.name.padEnd(width)}  ${nodeOf(node)}`),
  ];
}

function serversOf({ leader, replicas, first, last, bytes, maxBytes }: NonNullable<ClusterState["log"]>) {
  const others = replicas.map(({ name, current, behind }) =>
    current ? name : `${name} (${number(behind)} behind)`,
  );
  const full = Math.ceil((100 * bytes) / maxBytes);
  return [
    leader === null ? "no leader" : `leader ${leader}`,
    ...(others.length > 0 ? [`replicas ${others.join(" and ")}`] : []),
    last < first || last === 0 ? "empty" : `positions ${number(first)} to ${number(last)}`,
    `${full} % of its room used`,
  ].join(", ");
}

function nodeOf(node: ClusterState["nodes"][number]): string {
  const { ready, reason, warning, version, connections, position, lagSeconds, hash, leases } = node;
  return [
    ready ? "ready" : `not ready (${reason})`,
    ...(warning ? [`warning (${warning})`] : []),
    `position ${number(position)}`,
    ...(lagSeconds === null ? [] : [`lag ${lagSeconds.toFixed(1)} s`]),
    `hash ${hash.slice(0, HASH_DIGITS) || "none yet"}`,
    ...(connections === null ? [] : [`connections ${number(connections)}`]),
    ...(version === null ? [] : [`version ${version}`]),
    ...(leases.length > 0 ? [`leases ${leases.join(" and ")}`] : []),
  ].join(", ");
}
