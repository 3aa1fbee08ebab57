import { expect, test } from "bun:test";
import { join } from "node:path";
import { breaks } from "../../scripts/breaks.ts";

const changes = breaks.flatMap(({ name, changes }) => changes.map((change) => ({ name, ...change })));

test.each(changes)(
  "a server that $name can still be made: $file holds the text once",
  async ({ file, from }) => {
    const source = await Bun.file(join(import.meta.dir, "../..", file)).text();
    expect(source.split(from)).toHaveLength(2);
  },
);
