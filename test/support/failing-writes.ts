import { Database } from "bun:sqlite";
import { databaseOf } from "./child.ts";

/** From now on the transactions of a server that write to one of these tables fail, until they are mended or out of scope. */
export function failWrites({ directory }: { readonly directory: string }, ...tables: readonly string[]) {
  const beside = new Database(databaseOf(directory));
  for (const table of tables) {
    beside.run(
      `create trigger fail_${table} before insert on ${table} begin select raise(abort, 'trouble'); end`,
    );
  }
  const mend = () => {
    for (const table of tables) beside.run(`drop trigger if exists fail_${table}`);
  };
  return {
    mend,
    [Symbol.dispose]() {
      mend();
      beside.close();
    },
  };
}
