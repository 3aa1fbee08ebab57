import { Glob } from "bun";
import { LogNode } from "../../support/log-node.ts";
import { SharedLog } from "../../support/shared-log.ts";

/** A log as a release has written it, and what that release has made of it. */
export interface Golden {
  readonly expected: Readonly<Record<string, string>>;
  readonly batches: readonly string[];
}

const FOLDER = import.meta.dir;

export const fileOf = (version: string): string => `${FOLDER}/${version}.jsonl.gz`;

/** By the version that has written them. */
export async function goldenLogs(): Promise<[string, Golden][]> {
  const files = (await Array.fromAsync(new Glob("*.jsonl.gz").scan(FOLDER))).toSorted();
  return Promise.all(
    files.map(async (file): Promise<[string, Golden]> => {
      const text = new TextDecoder().decode(Bun.gunzipSync(await Bun.file(`${FOLDER}/${file}`).bytes()));
      const [expected = "{}", ...batches] = text.trimEnd().split("\n");
      return [file.replace(".jsonl.gz", ""), { expected: JSON.parse(expected), batches }];
    }),
  );
}

/** The hash of the log, and one of each table: a difference is in the reducers of what the table holds. */
export function digest(node: LogNode): Record<string, string> {
  const entries = Object.entries(node.rows() as Record<string, unknown>).map(([table, rows]) => {
    const text = typeof rows === "string" ? rows : JSON.stringify(rows);
    return [
      table,
      typeof rows === "string" ? rows : new Bun.CryptoHasher("sha256").update(text).digest("hex"),
    ];
  });
  return Object.fromEntries(entries);
}

/** Applies the batches to an empty database; `restartEvery`: as a node that starts anew after so many. */
export function replay(batches: readonly string[], restartEvery = Number.POSITIVE_INFINITY): LogNode {
  const log = new SharedLog();
  log.batches.push(...batches);
  const node = new LogNode(log, 0);
  while (node.advance(restartEvery) > 0) if (restartEvery < batches.length) node.restart();
  return node;
}
