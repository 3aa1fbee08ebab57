import type { Batch, Log } from "../../src/core/log/log.ts";
import type { Refusal } from "../../src/core/protocol/refusal.ts";
import type { LogConfig } from "../../src/log/connection.ts";
import { JetStreamLog } from "../../src/log/jetstream.ts";
import type { NatsServer } from "../support/nats.ts";

/** A node that keeps what it applies in memory. */
export interface Follower {
  readonly log: JetStreamLog;
  /** What each applied batch says, by position. */
  readonly applied: string[];
  readonly refusals: [string, Refusal][];
  /** While this is false, nothing can be committed. */
  canCommit: boolean;
  /** How often a batch was to be applied. */
  tries: number;
  append(id: string, text?: string): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export const logConfig = (
  { url }: NatsServer,
  cluster: string,
  more: Partial<LogConfig> = {},
): LogConfig => ({
  ...{ LOG_URL: [url], LOG_CREDENTIALS_FILE: undefined, LOG_TLS_CA_FILE: undefined },
  ...{ CLUSTER: cluster, LOG_REPLICAS: 1, LOG_MAX_BYTES: 16_777_216, NODE_NAME: "test", ...more },
});

const entryOf = (text: string) => ({
  ...{ v: 1, id: "e", time: 0, protocol: "", room: "r", kind: "k", sender: null, clientId: null },
  body: text,
});

/** Follows the log of a cluster, from after this position. */
export async function follow(
  config: LogConfig,
  from = 0,
  onApplied = () => {},
  patienceMs = 5_000,
): Promise<Follower> {
  const log = await JetStreamLog.open(config, () => {}, undefined, patienceMs);
  let position = from;
  let attached: Log;
  const follower: Follower = {
    ...{ log, applied: [], refusals: [], canCommit: true, tries: 0 },
    append: (id, text = id) => attached.append({ id, entries: [entryOf(text)] } as Batch),
    start: () => log.start(),
    stop: () => log.stop(),
  };
  attached = log.attach(
    () => position,
    (at, { entries }) => {
      follower.tries++;
      if (!follower.canCommit) return false;
      position = at;
      follower.applied[at] = String(entries[0]?.body);
      onApplied();
      return true;
    },
    (id, refusal) => void follower.refusals.push([id, refusal]),
  );
  return follower;
}
