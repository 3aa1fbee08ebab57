import type { OpenDatabase } from "../../src/storage/database.ts";
import type { RetentionOptions } from "../../src/storage/retention.ts";
import { createStore } from "../../src/storage/store.ts";
import type { Trimmed } from "../../src/storage/trim.ts";

/** Removes at once what retention asks for, as the log does in its time. */
export function trimming(database: OpenDatabase): Pick<RetentionOptions, "trim"> {
  return {
    trim(upTo, settled) {
      let trimmed: Trimmed | undefined;
      // Another store of the same database may have gone on since.
      const store = createStore(database, (one) => {
        trimmed = one;
      });
      store.transaction(() => {
        store.trim(upTo);
        store.savePosition(store.position());
      });
      settled(trimmed);
    },
  };
}
