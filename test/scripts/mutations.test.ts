import { expect, test } from "bun:test";
import { join } from "node:path";
import { clusterMutations, mutations, nodeMutations } from "../../scripts/mutations.ts";

const changes = [...mutations, ...nodeMutations, ...clusterMutations].flatMap(({ name, changes }) =>
  changes.map((change) => ({ name, ...change })),
);

test.each(changes)("the mutation '$name' applies: $file holds the text once", async ({ file, from }) => {
  const source = await Bun.file(join(import.meta.dir, "../..", file)).text();
  expect(source.split(from)).toHaveLength(2);
});
