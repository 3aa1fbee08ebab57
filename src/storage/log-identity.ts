import type { Database } from "bun:sqlite";
import { z } from "zod";
import { ConfigError } from "../config.ts";
import { randomSeed, type Seed } from "../core/log/dedup-memory.ts";
import { generationOf, startOf } from "../core/protocol/generation.ts";
import type { OpenDatabase } from "./database.ts";
import { keepEnd } from "./generation-ends.ts";
import { prepareKeep, readChain, readPosition } from "./position.ts";
import { logPosition } from "./tables.ts";

/** Which log a database holds, and what its hashes of client ids begin with. */
export interface LogIdentity {
  readonly logId: string;
  readonly dedupSeed: Seed;
}

/** The prefix of the id of a log that one server keeps for itself. */
const LOCAL = "local-";
const seed = z.tuple([z.int32(), z.int32()]);

/**
 * The log of this database. At the first start it gets an id: the one that is expected, or, where none is, one of its
 * own. Throws `ConfigError` if it holds another log: this server would continue that log in another order.
 */
export function identifyLog(database: OpenDatabase, position: number, expected?: string): LogIdentity {
  const { logId, dedupSeed } = database.db
    .select({ logId: logPosition.logId, dedupSeed: logPosition.dedupSeed })
    .from(logPosition)
    .get() ?? { logId: null, dedupSeed: null };
  refuseOther(logId, position, expected);

  const identity = {
    logId: logId ?? expected ?? LOCAL + crypto.randomUUID(),
    dedupSeed: dedupSeed === null ? randomSeed() : seed.parse(JSON.parse(dedupSeed)),
  };
  if (logId === null || dedupSeed === null) {
    const row = { logId: identity.logId, dedupSeed: JSON.stringify(identity.dedupSeed) };
    database.write(() => database.db.update(logPosition).set(row).run());
  }
  return identity;
}

/** In the header of a backup, until a server has started with it. */
const BACKUP = 0x5357_4254;

export const markBackup = (client: Database): void => void client.run(`PRAGMA application_id = ${BACKUP}`);

/**
 * A log that this server keeps for itself goes on in a new generation, if its database is a backup. A node of several
 * loses nothing: what was stored after the backup is in the log that they share.
 */
export function leaveBackup(database: OpenDatabase, isAlone: boolean): void {
  const { client, db, write } = database;
  const found = client.query<{ application_id: number }, []>("PRAGMA application_id").get();
  if (found?.application_id !== BACKUP) return;
  write(() => {
    const { position, hash } = readChain(db);
    const generation = generationOf(position);
    if (isAlone && position > 0) {
      keepEnd(database, generation, position);
      prepareKeep(db).run({ position: startOf(generation + 1), hash: hash.text });
    }
    client.run("PRAGMA application_id = 0");
  });
}

/** The place of a database in its log. With an id, the database belongs to that log from now on, at the same position. */
export function adoptLog(database: OpenDatabase, logId?: string): { readonly position: number } {
  if (logId !== undefined) database.write(() => database.db.update(logPosition).set({ logId }).run());
  return { position: readPosition(database.db) };
}

function refuseOther(logId: string | null, position: number, expected: string | undefined): void {
  if (expected === undefined) {
    if (logId === null || logId.startsWith(LOCAL)) return;
    throw new ConfigError(
      `DATABASE_URL: the database is one of several on the shared log ${logId}, and a server without that log would ` +
        "go on in an order of its own: start it with the shared log, or name another database",
    );
  }
  if (logId === expected) return;
  if (logId === null && position === 0) return;
  const holds = logId === null ? "events of no shared log" : `the log ${logId}`;
  throw new ConfigError(
    `DATABASE_URL: the database holds ${holds}, but the shared log is ${expected}: name a database of that log, such ` +
      "as a backup of one of its servers, or a new file, which is filled from the log",
  );
}
