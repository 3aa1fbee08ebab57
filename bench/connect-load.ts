/** The load generator of the scenarios in which everybody comes: any refusal ends the process with 1. */
import { memoryOf } from "./cpu.ts";
import { nameOf } from "./crowd.ts";
import type { Dialect, Name } from "./dialect.ts";
import { dialectOf } from "./dialects/all.ts";
import { generate, type Played, type Target } from "./generator.ts";
import { Member, type Tally } from "./member.ts";
import type { Scenario } from "./scenarios.ts";

/** The number that come and go first, so that no server is measured while it compiles its code. */
const WARM_UP = 500;
/** Then the memory is looked at. */
const REST_MS = 1000;

const { scenario, server, port, pid }: Target & { scenario: Scenario } = JSON.parse(process.argv[2] ?? "{}");
const { rooms, members, inFlight } = scenario;
const dialect: Dialect = dialectOf(server, scenario.contract);
const tally: Tally = { expected: 0, delivered: 0 };
let names: Name[] = [];
let present: Member[] = [];

/** The number at once; the next ones follow when all of these are in. */
function connect(who: readonly Name[]): Member[] {
  const arrived: Member[] = [];
  for (let from = 0; from < who.length; from += inFlight) {
    const together = who.slice(from, from + inFlight).map((name) => new Member(name, dialect, tally, port));
    for (const member of together) member.upgrade();
    for (const member of together) arrived.push(member.welcome());
  }
  return arrived;
}

async function gather(): Promise<void> {
  const secret = process.env["JWT_SECRET"] ?? "";
  const everybody = Array.from({ length: rooms * members }, (_, user) => user);
  const name = (user: number) => nameOf(user, `room-${Math.floor(user / members)}`, dialect, secret);
  names = await Promise.all(everybody.map(name));
  for (const member of connect(names.slice(0, WARM_UP))) member.socket.close();
  await Bun.sleep(REST_MS);
}

function play(): Played {
  const before = memoryOf(pid);
  const start = Bun.nanoseconds();
  present = connect(names);
  const elapsedNs = Bun.nanoseconds() - start;
  Bun.sleepSync(REST_MS);
  const memoryKiB = ((memoryOf(pid) - before) * 1024) / present.length;
  return { messages: present.length, deliveries: present.length, elapsedNs, memoryKiB };
}

await generate(pid, {
  gather,
  play,
  idle() {
    for (const { socket } of present) socket.read();
  },
});
