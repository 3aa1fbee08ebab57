import { rowsOf } from "../support/node-rows.ts";
import type { Node } from "./node.ts";

/** Where a node has other rows than the first, also in what it would read after a restart. */
export function disagreements(nodes: readonly Node[]): string[] {
  const [one, ...others] = nodes.map(({ database, instance }) => ({
    ...rowsOf(database),
    running: instance.store.hash(),
  }));
  return others.flatMap((other, n) =>
    (Object.keys(other) as (keyof typeof other)[]).flatMap((table) => {
      const differs = difference(one?.[table], other[table]);
      return differs === undefined ? [] : [`node ${n + 1}, ${table}: ${differs}`];
    }),
  );
}

/** The first thing in which two tables differ. */
function difference(one: unknown, other: unknown): string | undefined {
  if (JSON.stringify(one) === JSON.stringify(other)) return undefined;
  if (!Array.isArray(one) || !Array.isArray(other)) return `${one} and ${other}`;
  const at = one.findIndex((row, n) => JSON.stringify(row) !== JSON.stringify(other[n]));
  const row = at < 0 ? one.length : at;
  return `${JSON.stringify(one[row])} and ${JSON.stringify(other[row])}`;
}
