/**
 * `bun run bench/growth.ts [--long]`: whether what costs something costs more when there is more of it. A delivery, by the
 * members of the room; a message and a join, by the messages that the room has. `--long`: ten million of them. The load is
 * this process. See docs/growth.md.
 */
import { parseArgs } from "node:util";
import { Crowd, nameOf } from "./crowd.ts";
import { dialectOf } from "./dialects/all.ts";
import { measure, type Played, type Round } from "./generator.ts";
import { machine, pinThis } from "./machine.ts";
import { Member } from "./member.ts";
import type { ServerName } from "./names.ts";
import { keepInFlight } from "./rounds.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import { labelOf, type RunningServer, secret, startServer } from "./servers.ts";
import { doubts, median, perDelivery, perMessage } from "./table.ts";

const { values: options } = parseArgs({ options: { long: { type: "boolean" } } });
const ROUNDS = 5;
const ROUND_MS = 1000;
const WARM_UP_MS = 3000;
const FILL_MS = 20;
/** Below it a round is shorter, so that it does not itself make most of the past. */
const SHORT = 100_000;
const MEMBERS = [10, 100, 1_000, 9_000];
const PASTS = [1_000, 10_000, 100_000, 1_000_000, ...(options.long ? [10_000_000] : [])];
const JOINS = 300;
const dialect = dialectOf("NORMAL", "gurukul");
const [fanOut] = scenarios;
if (!fanOut) throw new Error("there is no scenario");
let inDoubt = 0;
let played = 0;

const bare = "bare.ts";
const number = (value: number) => value.toLocaleString("en");
const range = (values: readonly number[], digits: number) => {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
};

async function gathered(scenario: Scenario, { port }: RunningServer, first = 0): Promise<Crowd> {
  const crowd = new Crowd(scenario, dialect, port, first);
  await crowd.gather(secret);
  return crowd;
}

function play(crowd: Crowd, ms: number): Played {
  const before = crowd.tally.expected;
  keepInFlight(crowd, ms);
  const deliveries = crowd.tally.expected - before;
  return { messages: deliveries / crowd.scenario.members, deliveries };
}

/** A round, counted when it is in doubt. */
function round({ pid }: RunningServer, what: () => Played): Round {
  const one = measure(pid, what);
  played++;
  if (doubts(one).length > 0) inDoubt++;
  return one;
}

async function byMembers(): Promise<void> {
  console.log("| members | server | CPU ns a delivery, median (least–most) |\n|--:|---|--:|");
  for (const members of MEMBERS) {
    await using processes = new AsyncDisposableStack();
    const scenario = { ...fanOut!, members };
    const servers: ServerName[] = ["bare", "FULL"];
    const playing = new Map<ServerName, { server: RunningServer; crowd: Crowd; rounds: Round[] }>();
    for (const name of servers) {
      const server = await startServer(name, bare, processes);
      const crowd = await gathered(scenario, server);
      play(crowd, WARM_UP_MS);
      playing.set(name, { server, crowd, rounds: [] });
    }
    for (let n = 0; n < ROUNDS; n++) {
      for (const { server, crowd, rounds } of playing.values()) {
        // Pings came while the other one played.
        crowd.idle();
        rounds.push(round(server, () => play(crowd, ROUND_MS)));
      }
    }
    for (const [name, { crowd, rounds }] of playing) {
      crowd.close();
      console.log(`| ${number(members)} | ${labelOf(name)} | ${range(rounds.map(perDelivery.of), 0)} |`);
    }
  }
}

/** Microseconds of CPU of one user's coming into the room, being shown its past, and going. */
async function joins(server: RunningServer, room: number): Promise<number> {
  const name = await nameOf(1_000_000, `room-${room}`, dialect, secret);
  const join = () => {
    for (let n = 0; n < JOINS; n++) {
      const tally = { expected: 0, delivered: 0 };
      new Member(name, dialect, tally, server.port).enter().socket.close();
    }
    return { messages: JOINS, deliveries: 0 };
  };
  return perMessage.of(round(server, join));
}

async function byPast(): Promise<void> {
  await using processes = new AsyncDisposableStack();
  const server = await startServer("NORMAL", bare, processes);
  const scenario = { ...fanOut!, members: 2, publishers: 2, inFlight: 16 };
  // In another room, so that the one that is measured is still empty when the server's code is compiled.
  const other = await gathered(scenario, server, 1);
  play(other, WARM_UP_MS);
  await joins(server, 1);
  const crowd = await gathered(scenario, server, 0);
  let past = 0;
  console.log(
    "| messages of the room | CPU µs a join | while it has | CPU µs a message |\n|--:|--:|--:|--:|",
  );
  for (const wanted of PASTS) {
    while (past < wanted) {
      other.idle();
      past += play(crowd, FILL_MS).messages;
    }
    const before = past;
    const coming: number[] = [];
    for (let n = 0; n < ROUNDS; n++) {
      crowd.idle();
      coming.push(await joins(server, 0));
    }
    const costs: number[] = [];
    for (let n = 0; n < ROUNDS; n++) {
      const one = round(server, () => play(crowd, wanted < SHORT ? ROUND_MS / 10 : ROUND_MS));
      costs.push(perMessage.of(one));
      past += one.messages;
    }
    const during = `${number(before)} to ${number(past)}`;
    console.log(`| ${number(before)} | ${range(coming, 0)} | ${during} | ${range(costs, 1)} |`);
  }
}

pinThis();
console.log(`${machine().join("\n")}\n- server with \`NORMAL\` where no other is named\n`);
await byMembers();
console.log("");
await byPast();
console.log(`\n${inDoubt} of ${played} rounds are in doubt: other processes ran on these cores.`);
process.exit();
