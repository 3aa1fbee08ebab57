import { byId, element } from "./element.js";
import { ask } from "./server.js";

const EVERY_MS = 2_000;
const HASH_DIGITS = 12;
const MIB = 1_048_576;

/** Shows the nodes and their log, and updates them while the page is visible. */
export function watchCluster() {
  const panel = byId("panel-cluster");
  async function refresh() {
    try {
      const { cluster, nodes, log } = await ask("GET", "/cluster");
      const ready = nodes.filter((node) => node.ready).length;
      byId("cluster-state").textContent = `${cluster}: ${ready} of ${nodes.length} nodes are ready`;
      byId("node-list").replaceChildren(...nodes.map(nodeCard));
      fill(byId("shared-log"), log ? logFacts(log) : { Servers: "none of them answers" });
    } catch (error) {
      byId("cluster-state").textContent = error.message;
    }
  }
  async function watch() {
    if (!document.hidden && !panel.hidden) await refresh();
    setTimeout(watch, EVERY_MS);
  }
  refresh();
  watch();
}

function nodeCard(node) {
  const status = element(
    "span",
    { class: node.ready ? "status" : "status bad" },
    node.ready ? "ready" : "not ready",
  );
  const facts = element("dl", { class: "facts" });
  fill(facts, nodeFacts(node));
  return element(
    "li",
    { "data-node": node.name },
    element("div", { class: "row spread" }, element("strong", {}, node.name), status),
    facts,
  );
}

const count = (value) => value.toLocaleString("en");

const nodeFacts = ({ reason, warning, position, lagSeconds, hash, leases, connections, ...node }) => ({
  ...(reason !== null && { Reason: reason }),
  ...(warning && { Warning: warning }),
  Position: count(position),
  ...(lagSeconds !== null && { Lag: `${lagSeconds.toFixed(1)} s` }),
  Hash: hash.slice(0, HASH_DIGITS) || "none yet",
  Leases: leases.join(", ") || "none",
  ...(connections !== null && { Connections: count(connections) }),
  ...(node.version !== null && { Version: `${node.version}, writes format ${node.writeLevel}` }),
});

const logFacts = ({ id, leader, replicas, first, last, bytes, maxBytes }) => ({
  Id: id,
  Leader: leader ?? "none: an election is on its way",
  Replicas:
    replicas
      .map(({ name, current, behind }) => (current ? name : `${name} (${count(behind)} behind)`))
      .join(", ") || "none",
  Positions: last === 0 ? "none yet" : `${count(first)} to ${count(last)}`,
  Size: `${(bytes / MIB).toFixed(1)} of ${(maxBytes / MIB).toFixed(0)} MiB`,
});

function fill(list, facts) {
  list.replaceChildren(
    ...Object.entries(facts).map(([term, value]) =>
      element("div", {}, element("dt", {}, term), element("dd", {}, value)),
    ),
  );
}
