import { expect, test } from "bun:test";
import { dismissAll } from "../../src/switchboard/dismissal.ts";
import { LogNode } from "../support/log-node.ts";
import { SharedLog } from "../support/shared-log.ts";

const START = Date.UTC(2026, 0, 1);
/** From a message to its confirmation. */
const LOG_MS = 10;
const USERS = 3;

type Person = Awaited<ReturnType<LogNode["connect"]>> & { readonly said: string[]; isGone: boolean };

/** A node in a cluster whose users say something every five milliseconds, as long as they are connected. */
async function busyNode() {
  const node = new LogNode(new SharedLog(), START);
  const settle = () => {
    while (node.advance() > 0);
  };
  void node.core.recordRoom("chat:c", "room", { open: true });
  node.core.turns.end();
  settle();
  const people: Person[] = [];
  for (let n = 0; n < USERS; n++) {
    const one = await node.connect("gurukul", "/ws", `user-${n}`);
    one.say({ type: "chat_update", data: { action: "join", chatId: "c" }, timestamp: START });
    people.push({ ...one, said: [], isGone: false });
  }
  settle();

  function speak({ connection, say, said }: Person): void {
    const messageId = `${connection.identity?.userId}-${said.length}`;
    said.push(messageId);
    say({ type: "message", timestamp: START, data: { chatId: "c", content: messageId, messageId } });
  }
  /** One millisecond of it. */
  async function pass(ms: number, isLogUp: boolean): Promise<void> {
    for (const one of people) {
      if (one.connection.open && ms % 5 === 0) speak(one);
      if (one.connection.open || one.isGone) continue;
      // As its socket reports.
      one.isGone = true;
      one.close();
    }
    if (isLogUp && ms % LOG_MS === 0) node.advance();
    node.clock.advance(1);
    for (let n = 0; n < 5; n++) await null;
  }

  /** Stops in the middle of it. Returns how long that took. */
  async function stop(isLogUp: boolean, graceMs: number): Promise<number> {
    const { clock, core } = node;
    const sleep = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
    let isOver = false;
    void dismissAll(core, graceMs, { monotonic: clock.monotonic, sleep }).then(() => {
      isOver = true;
    });
    let ms = 0;
    while (!isOver && ms <= graceMs + 100) await pass(ms++, isLogUp);
    core.stop();
    return ms;
  }

  const confirmed = ({ connection, heard }: Person): string[] =>
    heard.flatMap((frame) => {
      const message = frame.startsWith("{") && JSON.parse(frame).data?.message;
      return message?.userId === connection.identity?.userId ? [message.content] : [];
    });
  const stored = () => {
    const rows = node.database.client.query("select body from events where kind = 'message'").all();
    return new Set(rows.map((row) => JSON.parse((row as { body: string }).body).message.content));
  };
  return { confirmed, pass, people, stop, stored };
}

test("a node that stops while its clients go on sending confirms what it has, closes them, and has soon ended", async () => {
  const { confirmed, pass, people, stop, stored } = await busyNode();
  for (let ms = 0; ms < 100; ms++) await pass(ms, true);
  const before = people.map(({ said }) => said.length);
  const took = await stop(true, 500);
  for (const [n, person] of people.entries()) {
    const own = confirmed(person);
    expect(own.filter((content) => !stored().has(content))).toEqual([]);
    // What came before the stop is confirmed. What came later is, or the connection was closed after it.
    expect(own.slice(0, before[n])).toEqual(person.said.slice(0, before[n]));
    expect(person.connection.ending).toEqual({ code: 1012, reason: "Server restart" });
    expect(person.heard.at(-1)).toBe("closed 1012 Server restart");
  }
  expect(took).toBeLessThan(200);
});

test("a node that stops while its log is away closes all clients in the end", async () => {
  const { confirmed, people, stop, stored } = await busyNode();
  const took = await stop(false, 300);
  expect(took).toBeLessThanOrEqual(310);
  for (const person of people) {
    expect(person.heard.at(-1)).toBe("closed 1012 Server restart");
    expect(confirmed(person)).toEqual([]);
  }
  expect(stored().size).toBe(0);
});
