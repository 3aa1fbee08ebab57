import { expect, test } from "bun:test";
import fc from "fast-check";
import { NameSet } from "../../../src/core/protocol/name-set.ts";

test("does what a Set does when names are added, deleted and cleared, also while it is read", () => {
  const step = fc.record({
    what: fc.constantFrom("add", "delete", "clear", "read"),
    name: fc.constantFrom("", ..."abcdefghij"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const [names, expected] = [new NameSet(), new Set<string>()];
      for (const { what, name } of steps) {
        if (what === "add") {
          names.add(name);
          expected.add(name);
        } else if (what === "delete") expect(names.delete(name)).toBe(expected.delete(name));
        else if (what === "clear") {
          names.clear();
          expected.clear();
        } else {
          const seen: string[] = [];
          for (const one of names) {
            seen.push(one);
            names.delete(one);
            names.delete(name);
          }
          const wanted: string[] = [];
          for (const one of expected) {
            wanted.push(one);
            expected.delete(one);
            expected.delete(name);
          }
          expect(seen).toEqual(wanted);
        }
        expect([...names]).toEqual([...expected]);
        expect(names.size).toBe(expected.size);
        expect(names.has(name)).toBe(expected.has(name));
      }
    }),
  );
});
