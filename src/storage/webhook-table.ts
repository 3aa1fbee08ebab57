import { asc, eq } from "drizzle-orm";
import type { OpenDatabase } from "./database.ts";
import { webhooks } from "./tables.ts";

export type WebhookRow = typeof webhooks.$inferSelect;

/** Each call is a transaction of its own, outside of turns. Throws a `StoreUnavailable` like every write. */
export function createWebhookTable({ db, write }: OpenDatabase) {
  return {
    all: (): WebhookRow[] => db.select().from(webhooks).orderBy(asc(webhooks.name)).all(),
    save(row: WebhookRow): void {
      const { name: _, ...set } = row;
      write(() => db.insert(webhooks).values(row).onConflictDoUpdate({ target: webhooks.name, set }).run());
    },
    remove(name: string): void {
      write(() => db.delete(webhooks).where(eq(webhooks.name, name)).run());
    },
  };
}

export type WebhookTable = ReturnType<typeof createWebhookTable>;
