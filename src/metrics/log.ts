import type { Histogram } from "../core/log/histogram.ts";
import type { Exposition } from "./exposition.ts";

/** Of the log that several nodes share, as this node sees it. */
export interface LogCounts {
  /** The position up to which this node has applied it, and the last one that it knows of. */
  readonly position: number;
  readonly last: number;
  readonly lagMs: number;
  readonly bytes: number;
  readonly retries: number;
  readonly refused: number;
  readonly consumersMade: number;
  readonly swept: number;
  /** Seconds from appending a batch of this node until it was applied here. */
  readonly appended: Histogram;
  /** Of each batch of this node. */
  readonly entries: Histogram;
  readonly batchBytes: Histogram;
  /** What waits to be appended, and how many messages were refused because too much did. */
  readonly waiting: { readonly steps: number; readonly refused: number };
  /** The nodes have made different things of the log, as far as this one knows. */
  readonly differs: boolean;
}

/** `applied`: seconds to apply and commit a batch, of any node. */
export function exposeLog(exposition: Exposition, log: LogCounts, applied: Histogram): void {
  exposition.gauge(
    "switchboard_log_last_position",
    "The last position of the log that this node knows of.",
    log.last,
  );
  exposition.gauge(
    "switchboard_log_lag_seconds",
    "How long this node has known of something in the log that it has not applied.",
    log.lagMs / 1_000,
  );
  exposition.gauge("switchboard_log_bytes", "Size of the log on each of its servers.", log.bytes);
  exposition.histogram(
    "switchboard_log_append_seconds",
    "Time from appending a batch of this node to the log until it was applied here.",
    log.appended,
  );
  exposition.histogram(
    "switchboard_log_apply_seconds",
    "Time to apply and commit a batch of any node.",
    applied,
  );
  exposition.histogram("switchboard_log_batch_entries", "Entries of each batch of this node.", log.entries);
  exposition.histogram("switchboard_log_batch_bytes", "Bytes of each batch of this node.", log.batchBytes);
  exposition.gauge(
    "switchboard_log_queue_steps",
    "Entries, and what comes after them on their connections, that wait to be appended to the log.",
    log.waiting.steps,
  );
  exposition.counter(
    "switchboard_log_busy_total",
    "Entries that were refused as busy, because too many waited for the log.",
    log.waiting.refused,
  );
  exposition.counter(
    "switchboard_log_append_retries_total",
    "Attempts to append a batch that the log did not acknowledge.",
    log.retries,
  );
  exposition.counter(
    "switchboard_log_refused_total",
    "Batches that the log did not take, because it was full or they were too large.",
    log.refused,
  );
  exposition.counter(
    "switchboard_log_consumers_made_total",
    "Consumers that this node has made: one at its start, one after each change of a leader.",
    log.consumersMade,
  );
  exposition.counter(
    "switchboard_log_swept_total",
    "Batches that this node read directly, because no consumer brought them.",
    log.swept,
  );
  exposition.gauge(
    "switchboard_log_divergence",
    "1 where this node differs from the others in what it has made of the log, else 0.",
    log.differs ? 1 : 0,
  );
}
