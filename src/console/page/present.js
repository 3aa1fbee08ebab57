import { createChart } from "./charts.js";
import { byId, element } from "./element.js";
import { readLog, showLog } from "./log.js";
import { ask } from "./server.js";

const EVERY_MS = 2_000;
const MAX_SHOWN = 100;
const round = (value) => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));

/** Shows the load, the log, the rooms and the connections, and updates them while the page is visible. */
export function watchPresent() {
  const charts = {
    activeConnections: createChart("Connections", String),
    messagesPerSecond: createChart("Messages a second", round),
    averageLatency: createChart("Latency", (value) => `${round(value)} ms`),
  };
  byId("charts").append(...Object.values(charts).map((chart) => chart.element));

  async function refresh() {
    if (!document.hidden) {
      try {
        const [metrics, { connections, hasMore }, log] = await Promise.all([
          ask("GET", "/metrics"),
          ask("GET", `/connections?limit=${MAX_SHOWN}`),
          readLog(),
        ]);
        for (const [name, chart] of Object.entries(charts)) chart.add(metrics[name]);
        showTotals(metrics);
        showLog(log);
        showConnections(connections, hasMore);
        showRooms(connections, hasMore);
      } catch (error) {
        byId("totals").replaceChildren(
          element("dt", {}, "The server does not answer"),
          element("dd", {}, error.message),
        );
      }
    }
    setTimeout(refresh, EVERY_MS);
  }
  refresh();
}

function showTotals({ totalConnections, errorRate, uptime }) {
  const totals = {
    "Connections since the start": totalConnections,
    "Messages answered by an error": `${round(errorRate * 100)} %`,
    "Up for": span(uptime),
  };
  byId("totals").replaceChildren(
    ...Object.entries(totals).map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, String(value))),
    ),
  );
}

function span(seconds) {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${Math.floor(seconds)} s`;
}

function showConnections(connections, hasMore) {
  const rows = connections.map(({ userId, protocol, connectedAt, address, node }) =>
    element(
      "li",
      { title: address },
      element("strong", {}, userId ?? "guest"),
      element("span", {}, node === undefined ? protocol : `${protocol}, ${node}`),
      element("time", { datetime: connectedAt }, new Date(connectedAt).toLocaleTimeString("en-GB")),
    ),
  );
  fill(byId("connection-list"), rows, "Nobody is connected.", hasMore);
}

function showRooms(connections, hasMore) {
  const counts = new Map();
  for (const room of connections.flatMap(({ rooms }) => rooms)) counts.set(room, (counts.get(room) ?? 0) + 1);
  const rows = [...counts].map(([room, count]) =>
    element("li", {}, element("strong", {}, room), element("span", {}, `${count} in it`)),
  );
  fill(byId("room-list"), rows, "Nobody is in a room.", hasMore);
}

function fill(list, rows, none, hasMore) {
  if (rows.length === 0) rows.push(element("li", { class: "hint" }, none));
  if (hasMore) rows.push(element("li", { class: "hint" }, `Of the first ${MAX_SHOWN} connections.`));
  list.replaceChildren(...rows);
}
