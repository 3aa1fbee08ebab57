import { openDatabase } from "../../src/storage/database.ts";
import type { Faults } from "../../src/verify/faults.ts";
import { NodeLog, type SharedLog } from "../support/shared-log.ts";
import { Instance } from "./instance.ts";

/** One server over its restarts: its database outlives each instance. */
export class Node {
  readonly database = openDatabase(":memory:", "NORMAL");
  instance!: Instance;
  log: NodeLog | undefined;

  constructor(
    now: number,
    private readonly faults: Faults,
    private readonly count: (what: string) => void,
    private readonly shared?: SharedLog,
  ) {
    this.#start(now);
  }

  #start(now: number): void {
    this.log = this.shared && new NodeLog(this.shared);
    this.instance = new Instance(this.database, now, this.faults, this.count, this.log);
  }

  /** After a crash another instance starts on the same data. */
  restart(): void {
    const now = this.instance.clock.now();
    // A crash loses its open transaction.
    const { client } = this.database;
    if (client.inTransaction) client.run("ROLLBACK");
    this.#start(now);
  }

  /** Everything that was sent is in the log, and everything in the log is applied here. True when that was anything. */
  catchUp(): boolean {
    this.log?.arrive();
    return (this.log?.deliver() ?? 0) > 0;
  }

  close(): void {
    this.instance.crash();
    this.database.client.close();
  }
}
