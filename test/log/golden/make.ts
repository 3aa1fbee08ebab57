import packageJson from "../../../package.json" with { type: "json" };
import type { RoomEntries } from "../../../src/core/log/room-entries.ts";
import { from, ROOM } from "../../protocols/hyperfocus/frames.ts";
import type { Action } from "../../simulation/actions.ts";
import { Simulation } from "../../simulation/simulation.ts";
import { LogNode } from "../../support/log-node.ts";
import { SharedLog } from "../../support/shared-log.ts";
import { digest, fileOf, replay } from "./golden.ts";

/**
 * Records the log of this version: `bun test/log/golden/make.ts`, once for a release. A file that is there already is
 * never made again: it is what nodes in the field have stored.
 */
const file = fileOf(packageJson.version);
if (await Bun.file(file).exists()) {
  console.error(`${file} is there: it is made once for a version`);
  process.exit(1);
}

const action = (what: Action["what"], who: number, much = 50): Action => ({ what, who, much });
const actions = [0, 1, 2].flatMap((who) => [
  action("speak", who),
  action("arrive", who),
  action("disturb", who * 7),
  action("deliver", who),
  action("shuffle", who),
  action("advance", 0, 100),
]);
const { batches, faults } = await Simulation.run(actions, [0, 7_000]);
if (!faults.held) throw new Error("the promises are not kept: this is no log to be held to");

/** What the clients of the simulation do not do. */
const log = new SharedLog();
log.batches.push(...batches);
const node = new LogNode(log, Date.UTC(2026, 0, 1, 1));
const settle = () => {
  node.core.turns.end();
  while (node.advance() > 0);
};
const record = <K extends keyof RoomEntries>(room: string, kind: K, body: RoomEntries[K]) => {
  void node.core.recordRoom(room, kind, body);
  settle();
};
settle();
record("chat:golden", "room", { open: true, title: "Golden" });
record("chat:golden", "member", { userId: "ann", role: null });
const ann = await node.connect("gurukul", "/ws", "ann");
ann.say({ type: "chat_update", data: { action: "join", chatId: "golden" }, timestamp: 1 });
for (const content of ["first", "second", "third"]) {
  ann.say({ type: "message", timestamp: 1, data: { chatId: "golden", content, messageId: content } });
  settle();
}
// More gifts than may be shown at once: they wait, and are merged and released.
const gifts = Array.from({ length: 14 }, (_, n) => {
  const giftId = `golden-${n}`;
  const data = { ...from(`u${n % 7}`), giftId, totalValue: n };
  return { to: { room: ROOM }, type: "gift:received", data, id: giftId };
});
void node.core.post("hyperfocus", gifts);
settle();
for (let second = 0; second < 4; second++) {
  node.clock.advance(1_100);
  settle();
}
void node.core.redact("chat:golden", { offset: 1 });
settle();
void node.core.revoke("bob", node.clock.now());
void node.core.erase("ann", node.clock.now());
void node.core.eraseIn("chat:golden", { userId: "ann", offsets: [3], state: true });
settle();
record("chat:golden", "member.removed", { userId: "ann" });
record("chat:gone", "room", { open: true });
record("chat:gone", "room.removed", {});
node.core.trim(Math.floor(batches.length / 4), () => {});
settle();
if (node.faults.length > 0) throw node.faults[0];

const again = digest(replay(log.batches));
if (!Bun.deepEquals(again, digest(node))) throw new Error("replaying this log makes something else");
const text = `${[JSON.stringify(again), ...log.batches].join("\n")}\n`;
const bytes = Bun.gzipSync(text, { level: 9 });
await Bun.write(file, bytes);
const kinds = new Map<string, number>();
for (const batch of log.batches)
  for (const { protocol, kind } of JSON.parse(batch).entries)
    kinds.set(`${protocol} ${kind}`, (kinds.get(`${protocol} ${kind}`) ?? 0) + 1);
console.log(`${file}: ${log.batches.length} batches, ${text.length} bytes, ${bytes.length} of them packed`);
console.log(
  [...kinds]
    .map(([kind, count]) => `${count} × ${kind}`)
    .toSorted()
    .join("\n"),
);
process.exit(0);
