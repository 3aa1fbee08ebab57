import type { openDatabase } from "../../src/storage/database.ts";
import { readChain } from "../../src/storage/position.ts";

/** What every node must agree on. Ids of rows are a node's own, and so is when it was told of a user. */
export function rowsOf(database: ReturnType<typeof openDatabase>) {
  const all = (sql: string) => database.client.query(sql).all();
  return {
    hash: readChain(database.db).hash.text,
    events: all(
      "select position, ordinal, offset, count, time, kind, sender, client_id, entry, alias, body from events order by position, ordinal",
    ),
    rooms: all("select name, title, open, trimmed_offset, trimmed_count from rooms order by name"),
    state: all("select name, key, value from state join rooms on rooms.id = room_id order by 1, 2"),
    members: all(
      "select name, user_id, role, time from members join rooms on id = room_id order by name, user_id",
    ),
    receipts: all(
      "select name, offset, user_id, receipts.time from receipts join rooms on rooms.id = room_id order by 1, 2, 3",
    ),
    revoked: all("select id, revoked_before from users where revoked_before is not null order by id"),
  };
}
