import { expect, test } from "bun:test";
import { Histogram } from "../../src/core/log/histogram.ts";
import { Exposition } from "../../src/metrics/exposition.ts";
import { readExposition } from "../support/exposition.ts";

test("counters, gauges and histograms stand as Prometheus wants them", () => {
  const exposition = new Exposition();
  const seconds = new Histogram([0.1, 1]);
  for (const value of [0.1, 0.05, 0.5, 3]) seconds.observe(value);
  exposition.counter("switchboard_things_total", "Things.", [
    [{ kind: "a" }, 1],
    [{ kind: 'b"\\\n' }, 2],
  ]);
  exposition.gauge("switchboard_size_bytes", "Its size,\nin \\ bytes.", 7);
  exposition.histogram("switchboard_wait_seconds", "Waiting.", seconds);
  expect(exposition.text.split("\n")).toEqual([
    "# HELP switchboard_things_total Things.",
    "# TYPE switchboard_things_total counter",
    'switchboard_things_total{kind="a"} 1',
    'switchboard_things_total{kind="b\\"\\\\\\n"} 2',
    "# HELP switchboard_size_bytes Its size,\\nin \\\\ bytes.",
    "# TYPE switchboard_size_bytes gauge",
    "switchboard_size_bytes 7",
    "# HELP switchboard_wait_seconds Waiting.",
    "# TYPE switchboard_wait_seconds histogram",
    'switchboard_wait_seconds_bucket{le="0.1"} 2',
    'switchboard_wait_seconds_bucket{le="1"} 3',
    'switchboard_wait_seconds_bucket{le="+Inf"} 4',
    "switchboard_wait_seconds_sum 3.65",
    "switchboard_wait_seconds_count 4",
    "",
  ]);
  expect(readExposition(exposition.text).problems).toEqual([]);
});

test.each([
  [
    "a counter's name",
    "# HELP switchboard_a A\n# TYPE switchboard_a counter\nswitchboard_a 1\n",
    "a counter",
  ],
  ["a series", "# HELP process_a A\n# TYPE process_a gauge\nprocess_a 1\nprocess_a 2\n", "twice"],
  ["a missing TYPE", "# HELP process_a A\nprocess_a 1\n", "no TYPE"],
  ["a value", "# HELP process_a A\n# TYPE process_a gauge\nprocess_a Infinity\n", "not a sample"],
  [
    "buckets",
    '# HELP process_a A\n# TYPE process_a histogram\nprocess_a_bucket{le="1"} 2\nprocess_a_sum 1\nprocess_a_count 2\n',
    "+Inf",
  ],
])("the linter of these tests finds what is wrong with %s", (_, text, what) => {
  expect(readExposition(text).problems.join()).toContain(what);
});
