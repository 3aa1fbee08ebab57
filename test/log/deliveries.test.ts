import { expect, test } from "bun:test";
import { Deliveries } from "../../src/log/deliveries.ts";
import { FakeClock } from "../support/fake-clock.ts";

function delivering() {
  const applied: string[] = [];
  const tooNew: number[] = [];
  const state = { commits: true, position: 0 };
  const clock = new FakeClock();
  const deliveries = new Deliveries({
    clock,
    applied: () => state.position,
    apply(position, { id }) {
      if (!state.commits) return false;
      applied.push(id);
      state.position = position;
      return true;
    },
    done: () => {},
    tooNew: (format) => void tooNew.push(format),
  });
  const deliver = (position: number, id: string, v = 1) =>
    deliveries.deliver(position, JSON.stringify({ v, id, node: "n", entries: [] }));
  return { applied, clock, deliver, deliveries, state, tooNew };
}

test("however it is read, a batch is applied once and in order, and nothing after a gap", () => {
  const { applied, deliver } = delivering();
  expect(deliver(1, "a")).toBe(true);
  expect(deliver(1, "a")).toBe(true);
  expect(deliver(3, "c")).toBe(false);
  expect(deliver(2, "b")).toBe(true);
  expect(deliver(3, "c")).toBe(true);
  expect(applied).toEqual(["a", "b", "c"]);
});

test("a batch that cannot be committed comes again, and nothing goes past it", async () => {
  const { applied, clock, deliver, deliveries, state } = delivering();
  state.commits = false;
  expect(deliver(1, "a")).toBe(false);
  expect(deliver(1, "a")).toBe(false);
  expect(deliver(2, "b")).toBe(false);
  expect(deliveries.isBlocked).toBe(true);
  const reached = deliveries.reached(1);
  clock.advance(100);
  expect([applied, deliveries.heldMs]).toEqual([[], 100]);
  state.commits = true;
  clock.advance(100);
  await reached;
  expect(applied).toEqual(["a"]);
  expect(deliveries.heldMs).toBe(0);
  expect(deliver(2, "b")).toBe(true);
});

test("a batch of a later format ends it, and is never skipped", () => {
  const { applied, deliver, tooNew } = delivering();
  expect(deliver(1, "a", 2)).toBe(false);
  expect(tooNew).toEqual([2]);
  expect(deliver(2, "b")).toBe(false);
  expect(applied).toEqual([]);
});
