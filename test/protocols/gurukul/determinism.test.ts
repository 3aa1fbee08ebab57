import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Entry } from "../../../src/core/protocol/entry.ts";
import { applies } from "../../../src/protocols/gurukul/chat.ts";
import { applyLog, type Turns, turns } from "../../support/applied-log.ts";
import { contents, createApplying, entry } from "../../support/applying.ts";

const MINUTE = 60_000;
const ROOMS = ["chat:1", "chat:2"];

/** What one entry is about, before it has its place in the log. */
interface Draft {
  readonly kind: "message" | "read_receipt" | "room" | "member" | "member.removed" | "unheard-of";
  readonly room: string;
  readonly sender: string | null;
  readonly clientId: string | null;
  readonly pause: number;
  /** Which earlier message of the room it is about. */
  readonly about: number;
}

const draft: fc.Arbitrary<Draft> = fc.record({
  kind: fc.oneof(
    { weight: 8, arbitrary: fc.constant("message" as const) },
    { weight: 3, arbitrary: fc.constant("read_receipt" as const) },
    fc.constantFrom("room" as const, "member" as const, "member.removed" as const, "unheard-of" as const),
  ),
  room: fc.constantFrom(...ROOMS),
  sender: fc.constantFrom("ada", "bob", null),
  clientId: fc.option(fc.constantFrom("m-1", "m-2", "m-3", "m-4", "m-5", "m-6")),
  pause: fc.oneof(fc.nat(5), fc.nat(3 * MINUTE)),
  about: fc.nat(50),
});

function logOf(drafts: readonly Draft[]): Entry[] {
  let time = Date.UTC(2026, 0, 1);
  const said = new Map(ROOMS.map((room): [string, string[]] => [room, []]));
  return drafts.map(({ kind, room, sender, clientId, pause, about }, index) => {
    time += pause;
    const ids = said.get(room) ?? [];
    // Right where no repeat came before, so some receipts find what they name and others do not.
    if (kind === "message") ids.push(`msg-e${index}-${ids.length + 1}`);
    const user = `u-${about % 3}`;
    const bodies: Record<Draft["kind"], unknown> = {
      message: { userId: sender ?? "assistant", role: "user", content: `text ${index}`, metadata: {} },
      read_receipt: { userId: user, messageIds: [ids[about % ids.length] ?? "none", ids[0] ?? "none"] },
      room: { title: `title ${index}`, open: about % 2 === 0 },
      member: { userId: user, role: null },
      "member.removed": { userId: user },
      "unheard-of": {},
    };
    const named = { sender, clientId: kind === "message" ? clientId : null };
    return entry({ id: `e${index}`, protocol: "gurukul", room, kind, time, body: bodies[kind], ...named });
  });
}

const apply = (log: readonly Entry[], cut: Turns) => {
  const { applying, outcomes } = applyLog(createApplying(applies), log, cut);
  return { outcomes, database: applying.database };
};

test("the same log gives the same rows and outcomes, however it falls into turns, restarts and failed commits", () => {
  const logs = fc.array(draft, { minLength: 20, maxLength: 100 }).map(logOf);
  fc.assert(
    fc.property(logs, turns, (log, cut) => {
      const whole = apply(log, []);
      const pieces = apply(log, cut);
      expect(pieces.outcomes).toEqual(whole.outcomes);
      expect(contents(pieces.database)).toEqual(contents(whole.database));
      const { events, log_position: position } = contents(whole.database);
      expect(position?.[0]).toBe(log.length);
      const offsets = new Map<unknown, number>();
      for (const { room_id: room, offset } of events as { room_id: number; offset: number }[]) {
        expect(offset).toBe((offsets.get(room) ?? 0) + 1);
        offsets.set(room, offset);
      }
    }),
    { numRuns: 60 },
  );
});

test("the same turns applied twice from nothing make the same file, byte for byte", () => {
  fc.assert(
    fc.property(fc.array(draft, { minLength: 20, maxLength: 80 }), turns, (drafts, cut) => {
      const [one, other] = [apply(logOf(drafts), cut), apply(logOf(drafts), cut)];
      expect(one.database.client.serialize().equals(other.database.client.serialize())).toBe(true);
    }),
    { numRuns: 20 },
  );
});
