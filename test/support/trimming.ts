import type { Store } from "../../src/core/ports/store.ts";
import type { OpenDatabase } from "../../src/storage/database.ts";
import type { RetentionOptions } from "../../src/storage/retention.ts";
import { createStore } from "../../src/storage/store.ts";
import type { Trimmed } from "../../src/storage/trim.ts";

/** Removes at once what retention asks for, as the log does in its time. */
export function trimming(database: OpenDatabase): Pick<RetentionOptions, "trim"> {
  let trimmed: Trimmed | undefined;
  const store: Store = createStore(database, (one) => {
    trimmed = one;
  });
  return {
    trim(upTo, settled) {
      store.transaction(() => store.trim(upTo));
      settled(trimmed);
    },
  };
}
