import { Database } from "bun:sqlite";

/** What all nodes must agree on: everything that their databases hold but ids of rows and what is a node's own. */
const AGREED: Readonly<Record<string, string>> = {
  events:
    "select position, ordinal, name, offset, count, time, kind, sender, client_id, entry, alias, body from events join rooms on rooms.id = room_id order by position, ordinal",
  rooms: "select name, title, open, trimmed_offset, trimmed_count from rooms order by name",
  state: "select name, key, value from state join rooms on rooms.id = room_id order by 1, 2",
  members:
    "select name, user_id, role, members.time from members join rooms on rooms.id = room_id order by 1, 2",
  receipts:
    "select name, offset, user_id, receipts.time from receipts join rooms on rooms.id = room_id order by 1, 2, 3",
  revoked: "select id, revoked_before from users where revoked_before is not null order by 1",
};

/** Which tables of these databases are not the same in all of them. */
export function differences(files: readonly string[]): string[] {
  const databases = files.map((file) => new Database(file));
  try {
    return Object.entries(AGREED).flatMap(([table, sql]) => {
      const hashes = databases.map((database) => {
        const hasher = new Bun.CryptoHasher("sha256");
        let rows = 0;
        for (const row of database.query(sql).iterate()) {
          hasher.update(JSON.stringify(row));
          rows++;
        }
        return `${rows} rows, ${hasher.digest("hex").slice(0, 12)}`;
      });
      return new Set(hashes).size === 1 ? [] : [`${table}: ${hashes.join("; ")}`];
    });
  } finally {
    for (const database of databases) database.close();
  }
}
