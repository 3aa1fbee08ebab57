import { expect, test } from "bun:test";
import { faults, isJudged, type Minute, trend } from "../../bench/soak-minute.ts";

const calm: Minute = {
  ...{ minute: 1, connections: 272, done: 11_000, p50: 2, p99: 100, wrong: 0 },
  ...{ rss: 200, heap: 30, objects: 120_000, descriptors: 17, cpu: 0.14, database: 10 },
};
/** An hour, each minute as `odd` makes it. */
const soaked = (odd: (minute: number) => Partial<Minute>, length = 60): Minute[] =>
  Array.from({ length }, (_, at) => ({ ...calm, minute: at + 1, ...odd(at + 1) }));

test("the line through the values is not bent by an odd one", () => {
  expect(trend([1, 2, 3, 4])).toEqual([1, 4]);
  const [from, to] = trend([10, 10, 10, 40, 10, 10, 10]);
  expect(to - from).toBe(0);
});

test("a soak in which nothing grows passes, no matter what filled in its first twenty minutes", () => {
  expect(faults(soaked((minute) => ({ rss: minute <= 20 ? 50 + 7 * minute : 200 + (minute % 3) })))).toEqual(
    [],
  );
});

test("memory, descriptors or latency that grow on and on are found", () => {
  const grows: readonly ((minute: number) => Partial<Minute>)[] = [
    (minute) => ({ rss: 200 + 3 * minute }),
    (minute) => ({ heap: 30 + minute }),
    (minute) => ({ objects: 100_000 + 4_000 * minute }),
    (minute) => ({ descriptors: 17 + minute }),
    (minute) => ({ p50: 2 + minute }),
  ];
  for (const odd of grows) expect(faults(soaked(odd))).toHaveLength(1);
});

test("what grows in less than half an hour is not judged: it may be what fills", () => {
  const grows = soaked((minute) => ({ rss: 100 + 20 * minute }), 29);
  expect([isJudged(29), faults(grows)]).toEqual([false, []]);
  expect([isJudged(30), faults(soaked((minute) => ({ rss: 100 + 20 * minute }), 30)).length]).toEqual([
    true,
    1,
  ]);
});

test("one thing that went wrong in one minute is enough", () => {
  expect(faults(soaked((minute) => ({ wrong: minute === 7 ? 1 : 0 })))).toEqual(["1 things went wrong"]);
});
