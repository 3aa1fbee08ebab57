import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Entry } from "../../../src/core/protocol/entry.ts";
import { parseTime } from "../../../src/core/protocol/time.ts";
import { applies as metricApplies } from "../../../src/protocols/atomic/analytics.ts";
import { applies as chatApplies } from "../../../src/protocols/atomic/chat.ts";
import { ContextState, applies as contextApplies } from "../../../src/protocols/atomic/contexts.ts";
import { applyLog, type Turns, turns } from "../../support/applied-log.ts";
import { contents, createApplying, entry } from "../../support/applying.ts";

const applies = { ...chatApplies, ...metricApplies, ...contextApplies };

/** What one entry is about, before it has its place in the log. */
interface Draft {
  readonly kind: "message" | "metric" | "seen";
  readonly room: string;
  readonly sender: string | null;
  readonly clientId: string | null;
  /** The id that a backend gives a message. */
  readonly own: string | undefined;
  readonly pause: number;
  readonly about: number;
}

const draft: fc.Arbitrary<Draft> = fc.record({
  kind: fc.constantFrom("message" as const, "message" as const, "metric" as const, "seen" as const),
  room: fc.constantFrom("context:1", "context:2"),
  sender: fc.constantFrom("ada", "bob", null),
  clientId: fc.option(fc.constantFrom("m-1", "m-2", "m-3", "m-4"), { freq: 2 }),
  own: fc.option(fc.constantFrom("n-1", "n-2", "n-3"), { nil: undefined, freq: 2 }),
  // Clocks may be set back.
  pause: fc.constantFrom(0, 0, 0, 1, 7, -20, -600_000, 300_000),
  about: fc.nat(3),
});

function logOf(drafts: readonly Draft[]): Entry[] {
  let time = Date.UTC(2026, 0, 1);
  return drafts.map(({ kind, room, sender, clientId, own, pause, about }, index) => {
    time += pause;
    const bodies: Record<Draft["kind"], unknown> = {
      message: { id: own, content: `text ${index}`, author: "Ada", messageType: "text" },
      metric: { metric: `metric-${about}`, value: index },
      seen: { userId: `u-${about}` },
    };
    const named = { sender, clientId: kind === "seen" ? null : clientId };
    return entry({ id: `e${index}`, protocol: "atomic", room, kind, time, body: bodies[kind], ...named });
  });
}

function apply(log: readonly Entry[], cut: Turns) {
  const applied = applyLog(createApplying(applies, { restore: ContextState.restore }), log, cut);
  expect(applied.applying.faults).toEqual([]);
  return applied;
}

const logs = fc.array(draft, { minLength: 20, maxLength: 80 }).map(logOf);

test("the same log gives the same result, however it falls into turns, restarts and failed commits", () => {
  fc.assert(
    fc.property(logs, turns, (log, cut) => {
      const [whole, pieces] = [apply(log, []), apply(log, cut)];
      expect(pieces.outcomes).toEqual(whole.outcomes);
      expect(contents(pieces.applying.database)).toEqual(contents(whole.applying.database));
    }),
    { numRuns: 60 },
  );
});

test("messages of a context show rising times near the clock, and where it was set back, its times", () => {
  fc.assert(
    fc.property(logs, turns, (log, cut) => {
      const { outcomes } = apply(log, cut);
      const last = new Map<string, number>();
      const clocks = new Map<string, number>();
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.is !== "applied") continue;
        const at = log[index]!.time;
        for (const { room, kind, time, body } of outcome.events) {
          expect(time - at).toBeWithin(0, 60_001);
          // Set back by more than is waited for: what was shown before does not count.
          if (at < (clocks.get(room) ?? 0) - 60_000) last.delete(room);
          clocks.set(room, time);
          if (kind !== "message") continue;
          const shown = parseTime(JSON.parse(body).timestamp)!;
          expect(shown - at).toBeWithin(0, 60_002);
          expect(shown).toBeGreaterThan(last.get(room) ?? 0);
          last.set(room, shown);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("a context keeps the last value of each metric and every user, once", () => {
  fc.assert(
    fc.property(logs, turns, (log, cut) => {
      const { outcomes, applying } = apply(log, cut);
      for (const room of ["context:1", "context:2"]) {
        const metrics = new Map<string, unknown>();
        const seen = new Set<string>();
        for (const [index, one] of log.entries()) {
          if (one.room !== room || outcomes[index]?.is !== "applied") continue;
          const { metric, value, userId } = one.body as Record<string, string>;
          if (one.kind === "metric") metrics.set(metric!, value);
          if (one.kind === "seen") seen.add(userId!);
        }
        const context = ContextState.restore(room, applying.store);
        const values = Array.from(context.metrics, ([metric, { value }]): [string, unknown] => [
          metric,
          value,
        ]);
        expect(new Map(values)).toEqual(metrics);
        expect([...context.seen].sort()).toEqual([...seen].sort());
      }
    }),
    { numRuns: 60 },
  );
});
