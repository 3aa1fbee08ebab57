/**
 * `bun run bench/diet.ts`: what the diet contract costs. A presence change of somebody with 500 friends online beside a
 * bare publish to 500; an encrypted member of a group beside a plain one; and how long others wait while somebody
 * with 1,000 unread messages logs in. See README.md.
 */
import { cpuOf } from "./cpu.ts";
import {
  activity,
  friendship,
  groupMessage,
  Person,
  post,
  presence,
  tokenOf,
  unread,
} from "./diet-people.ts";
import { machine } from "./machine.ts";
import { startServer } from "./servers.ts";

const ROUNDS = 7;
const FRIENDS = 500;
const CHANGES = 150;
const MEMBERS = 200;
const MESSAGES = 200;
const UNREAD = 1_000;
const LOGINS = 60;

const users = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);
const median = (of: readonly number[]) => of.toSorted((a, b) => a - b)[of.length >> 1] ?? 0;
const range = (of: readonly number[], digits: number) =>
  `${median(of).toFixed(digits)} (${Math.min(...of).toFixed(digits)} to ${Math.max(...of).toFixed(digits)})`;

/** CPU nanoseconds of a server for `times` messages, each answered before the next, all delivered to all of these. */
async function cost(pid: number, listeners: readonly Person[], times: number, say: () => Promise<void>) {
  const before = listeners.map(({ heard }) => heard);
  const start = cpuOf(pid);
  for (let n = 0; n < times; n++) await say();
  const isMissing = () => listeners.some(({ heard }, at) => heard < before[at]! + times);
  while (isMissing()) await new Promise((resolve) => setTimeout(resolve, 1));
  const spent = cpuOf(pid) - start;
  if (listeners.some(({ heard }, at) => heard !== before[at]! + times)) throw new Error("delivered twice");
  return spent;
}

/** Of each kind in turns, after a round that does not count. */
async function inTurns(plays: readonly (() => Promise<number>)[]): Promise<number[][]> {
  const rounds: number[][] = plays.map(() => []);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [at, play] of plays.entries()) {
      const spent = await play();
      if (round >= 0) rounds[at]!.push(spent);
    }
  }
  return rounds;
}

async function presenceOfFriends(processes: AsyncDisposableStack): Promise<void> {
  const [bare, diet] = [
    await startServer("bare", "bare.ts", processes),
    await startServer("NORMAL", "bare.ts", processes),
  ];
  const friends = users("friend", FRIENDS);
  await post(
    diet.port,
    friends.flatMap((friend) => friendship("hub", friend)),
  );
  const people = await Promise.all(friends.map((friend) => Person.logIn(diet.port, friend)));
  const hub = await Person.logIn(diet.port, "hub");

  const crowd = await Promise.all(
    users("member", FRIENDS + 1).map((one) => Person.dial(bare.port, "/", one)),
  );
  const chat = (type: string, content: string) =>
    JSON.stringify({ type, data: { action: "join", chatId: "c", content, messageId: "m" } });
  for (const { socket } of crowd) socket.send(chat("chat_update", ""));
  const publisher = crowd[0]!;
  const published = async () => {
    const echo = new Promise((resolve) =>
      publisher.socket.addEventListener("message", resolve, { once: true }),
    );
    publisher.socket.send(chat("message", "Cooks a soup"));
    await echo;
  };
  const listening = () => crowd.some(({ heard }) => heard === 0);
  while (listening()) await new Promise((resolve) => setTimeout(resolve, 1));

  const [plain = [], ours = []] = await inTurns([
    () => cost(bare.pid, crowd, CHANGES, published),
    () => cost(diet.pid, people, CHANGES, () => hub.ask("user.presence", presence("hub"))),
  ]);
  const each = (ns: number) => ns / CHANGES / 1_000;
  console.log(`presence change to ${FRIENDS} friends: ${range(ours.map(each), 0)} µs of CPU`);
  console.log(`bare publish to ${FRIENDS}: ${range(plain.map(each), 0)} µs of CPU`);
  console.log(
    `ratio: ${range(
      ours.map((ns, at) => ns / plain[at]!),
      2,
    )}`,
  );
}

async function encryptedMembers(processes: AsyncDisposableStack): Promise<void> {
  const { pid, port } = await startServer("NORMAL", "bare.ts", processes);
  const group = async (name: string, isSealed: boolean) => {
    const members = await Promise.all(users(name, MEMBERS).map((one) => Person.logIn(port, one, name)));
    if (isSealed) for (const member of members) await member.encrypt();
    const speaker = await Person.logIn(port, `${name}-speaker`, name);
    const say = () => speaker.ask("group.message", groupMessage(speaker.userId, name));
    return () => cost(pid, members, MESSAGES, say);
  };
  const [plain = [], sealed = []] = await inTurns([await group("plain", false), await group("sealed", true)]);
  const each = (ns: number) => ns / MESSAGES / MEMBERS / 1_000;
  console.log(`group of ${MEMBERS}, plain: ${range(plain.map(each), 2)} µs of CPU a delivery`);
  console.log(`group of ${MEMBERS}, encrypted: ${range(sealed.map(each), 2)} µs of CPU a delivery`);
  console.log(
    `difference: ${range(
      sealed.map((ns, at) => each(ns) - each(plain[at]!)),
      2,
    )} µs`,
  );
}

async function manyUnread(processes: AsyncDisposableStack): Promise<void> {
  const { port } = await startServer("NORMAL", "bare.ts", processes);
  await post(
    port,
    Array.from({ length: UNREAD }, () => unread("late")),
  );
  const other = await Person.logIn(port, "other");
  const waited: { idle: number[]; meanwhile: number[] } = { idle: [], meanwhile: [] };
  const ping = async (into: number[]) => {
    const start = Bun.nanoseconds();
    await other.ask("user.activity", activity("other"));
    into.push((Bun.nanoseconds() - start) / 1_000);
  };
  for (let n = 0; n < 500; n++) await ping([]);
  const logins: number[] = [];
  for (let n = 0; n < LOGINS; n++) {
    for (let m = 0; m < 100; m++) await ping(waited.idle);
    const [late, token] = [await Person.dial(port, "/api/diet/ws", "late"), await tokenOf("late")];
    const start = Bun.nanoseconds();
    void late.enter(token);
    while (late.heard < UNREAD) await ping(waited.meanwhile);
    logins.push((Bun.nanoseconds() - start) / 1e6);
    if (late.heard !== UNREAD) throw new Error("delivered twice");
    late.socket.close();
  }
  const at = (of: number[], share: number) =>
    of.toSorted((a, b) => a - b)[Math.floor(of.length * share)] ?? 0;
  const latency = (of: number[]) =>
    `p50 ${at(of, 0.5).toFixed(0)} µs, p99 ${at(of, 0.99).toFixed(0)} µs, max ${Math.max(...of).toFixed(0)} µs (${of.length})`;
  console.log(`login with ${UNREAD} unread messages: ${range(logins, 1)} ms`);
  console.log(`an answer to somebody else meanwhile: ${latency(waited.meanwhile)}`);
  console.log(`an answer when nobody logs in: ${latency(waited.idle)}`);
}

console.log(machine().join("\n"));
for (const part of [presenceOfFriends, encryptedMembers, manyUnread]) {
  await using processes = new AsyncDisposableStack();
  await part(processes);
}
process.exit();
