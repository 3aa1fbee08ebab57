import { byId, element } from "./element.js";

/** Hex digits, as `switchboard status` shows them. */
const HASH_DIGITS = 12;

/** Reads the id of the log and how far this server has applied it, from the metrics, which need no key. */
export async function readLog() {
  const answer = await fetch("/metrics");
  if (!answer.ok) return undefined;
  const text = await answer.text();
  const metric = (name) => new RegExp(`^switchboard_log_${name} (.+)$`, "m").exec(text)?.[1];
  return {
    id: /^switchboard_log_info\{[^}]*\blog="([^"]*)"/m.exec(text)?.[1],
    position: Number(metric("position")),
    hash: Number(metric("hash")).toString(16).padStart(HASH_DIGITS, "0"),
    // Only where several nodes share the log.
    last: metric("last_position"),
    lag: metric("lag_seconds"),
    refused: metric("refused_total"),
  };
}

export function showLog(log) {
  const facts = log
    ? {
        Id: log.id,
        Position: log.position.toLocaleString("en"),
        Hash: log.hash,
        ...(log.last !== undefined && {
          "Known to": Number(log.last).toLocaleString("en"),
          Lag: `${Number(log.lag).toFixed(1)} s`,
          Refused: log.refused,
        }),
      }
    : { Log: "the server's metrics cannot be reached" };
  byId("log").replaceChildren(
    ...Object.entries(facts).map(([term, value]) =>
      element("div", {}, element("dt", {}, term), element("dd", {}, value ?? "–")),
    ),
  );
}
