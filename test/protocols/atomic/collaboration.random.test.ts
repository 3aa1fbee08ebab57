import { expect, test } from "bun:test";
import fc from "fast-check";
import { Random } from "../../support/random.ts";
import { type Move, SessionPlay, type What } from "../../support/session-play.ts";
import { SessionStage } from "../../support/session-stage.ts";

const RUNS = Number(process.env["COLLABORATION_RUNS"] ?? 200);

const often = (weight: number, what: What) => ({ weight, arbitrary: fc.constant(what) });
const move = fc.record<Move>({
  what: fc.oneof(
    ...[often(12, "type"), often(10, "erase"), often(20, "flush"), often(16, "up"), often(12, "down")],
    ...[often(6, "turn"), often(1, "cut"), often(3, "connect")],
    fc.constant<What>("restart"),
  ),
  who: fc.nat(7),
  where: fc.nat(15),
  much: fc.nat(11),
});

test("after random edits, delays and losses all replicas, the stored edits and a late joiner agree, and no text is lost", async () => {
  const stage = new SessionStage();
  let sessions = 0;
  const property = fc.asyncProperty(
    fc.oneof(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 8 })),
    // Near the version of a snapshot, now and then.
    fc.oneof({ weight: 15, arbitrary: fc.constant(12) }, { weight: 1, arbitrary: fc.constant(190) }),
    fc.array(move, { minLength: 40, maxLength: 160, size: "max" }),
    async (authors, versions, moves) => {
      const play = new SessionPlay(stage, `s-${++sessions}`, authors);
      await play.prepare(versions);
      for (const one of moves) await play.make(one);
      const late = await play.settle();
      expect(play.replicas.map(({ text }) => text)).toEqual(play.replicas.map(() => late["content"]));
      expect(play.storedText).toBe(late["content"]);
      expect(Array.from<string>(late["content"]).sort()).toEqual(play.meant);
      stage.restart();
      expect(await play.look()).toEqual(late);
      expect(stage.faults).toEqual([]);
    },
  );
  await fc.assert(property, { seed: Random.seed() | 0, numRuns: RUNS });
});
