import { Database } from "bun:sqlite";
import { databaseOf } from "./child.ts";

/** From now on the transactions of a server that write to one of these tables fail, until they are mended or out of scope. */
export function failWrites({ directory }: { readonly directory: string }, ...tables: readonly string[]) {
  const beside = new Database(databaseOf(directory));
  const triggers = tables.flatMap((table) => ["insert", "update"].map((write) => ({ table, write })));
  for (const { table, write } of triggers) {
    beside.run(
      `create trigger fail_${write}_${table} before ${write} on ${table} begin select raise(abort, 'trouble'); end`,
    );
  }
  const mend = () => {
    for (const { table, write } of triggers) beside.run(`drop trigger if exists fail_${write}_${table}`);
  };
  return {
    mend,
    [Symbol.dispose]() {
      mend();
      beside.close();
    },
  };
}
