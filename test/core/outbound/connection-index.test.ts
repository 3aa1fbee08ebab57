import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Connection } from "../../../src/core/outbound/connection.ts";
import { ConnectionIndex } from "../../../src/core/outbound/connection-index.ts";

const people = Array.from({ length: 4 }, (_, n) => ({ id: `c-${n}` }) as Connection);

test("groups hold the connections that were added and not removed, in any order, and report the last", () => {
  const step = fc.record({
    isAdded: fc.boolean(),
    name: fc.constantFrom("a", "b"),
    who: fc.constantFrom(...people),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const groups = new ConnectionIndex();
      const expected = new Map<string, Set<Connection>>();
      for (const { isAdded, name, who } of steps) {
        const group = expected.get(name) ?? new Set();
        expected.set(name, group);
        if (isAdded) {
          groups.add(name, who);
          group.add(who);
        } else expect(groups.remove(name, who)).toBe(group.delete(who) && group.size === 0);
        expect(Array.from(groups.of(name)).toSorted()).toEqual([...group].toSorted());
        expect(groups.size(name)).toBe(group.size);
        expect(groups.has(name)).toBe(group.size > 0);
        expect(groups.first(name) === undefined ? 0 : 1).toBe(Math.min(1, group.size));
        expect(groups.total).toBe([...expected.values()].reduce((sum, { size }) => sum + size, 0));
      }
      const named = [...expected].filter(([, group]) => group.size > 0).map(([name]) => name);
      expect(Array.from(groups.names).toSorted()).toEqual(named.toSorted());
    }),
  );
});
