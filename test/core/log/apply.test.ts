import { expect, test } from "bun:test";
import type { History } from "../../../src/core/ports/history.ts";
import type { Entry } from "../../../src/core/protocol/entry.ts";
import type { Decision, Place } from "../../../src/core/protocol/reducer.ts";
import { contents, createApplying, entry, told } from "../../support/applying.ts";
import { plain } from "../../support/plain.ts";

const say = (id: string, clientId: string | null = null, more = {}) =>
  entry({ id, clientId, body: `text of ${id}`, ...more });

test("each room counts its own events, without gaps, also when some are refused in between", () => {
  const { turn, store } = createApplying(plain.applies);
  const outcomes = turn(
    say("e1"),
    say("e2", null, { room: "plain:2" }),
    say("e3", null, { kind: "forbidden" }),
    say("e4", null, { kind: "broken" }),
    say("e5"),
    say("e6", null, { kind: "nudge" }),
    say("e7"),
  );
  expect(outcomes.map(told)).toEqual([
    "applied 1",
    "applied 1",
    "refused forbidden",
    "refused internal",
    "applied 2",
    "applied",
    "applied 3",
  ]);
  expect(store.head("plain:1")).toEqual({ offset: 3, count: 3 });
  expect(store.head("plain:2")).toEqual({ offset: 1, count: 1 });
  expect(store.position()).toBe(7);
});

test("a reducer that is refused or broken leaves nothing behind, and only a broken one is reported", () => {
  const applying = createApplying(plain.applies);
  applying.turn(say("e1", "c-1", { kind: "forbidden" }), say("e2", "c-1", { kind: "broken" }));
  expect(contents(applying.database)).toMatchObject({ events: [], rooms: [] });
  expect(applying.faults).toEqual([new Error("the reducer is broken")]);
  expect(told(applying.turn(say("e3", "c-1"))[0])).toBe("applied 1");
});

test("a repeat answers with what was stored first, and stores nothing", () => {
  const { turn, store } = createApplying(plain.applies);
  const [first] = turn(say("e1", "c-1", { time: 7 }));
  const [again] = turn(say("e2", "c-1", { time: 9 }));
  expect(first?.is).toBe("applied");
  expect(again).toEqual({ is: "repeated", event: store.at("plain:1", 1)! });
  expect(again).toMatchObject({ event: { time: 7, body: '"text of e1 (1)"' } });
  expect(store.head("plain:1").offset).toBe(1);
});

test("only the same sender, room and id make a repeat", () => {
  const { turn } = createApplying(plain.applies);
  const outcomes = turn(
    say("e1", "c-1"),
    say("e2", "c-1", { sender: "bob" }),
    say("e3", "c-2"),
    say("e4", "c-1", { room: "plain:2" }),
    say("e5"),
    say("e6"),
    say("e7", "c-1"),
  );
  expect(outcomes.map(told)).toEqual([
    "applied 1",
    "applied 2",
    "applied 3",
    "applied 1",
    "applied 4",
    "applied 5",
    "repeated 1",
  ]);
});

test("an event under a name that the room already has is a repeat, and costs nobody else of the turn", () => {
  const { turn, store } = createApplying(plain.applies);
  const named = (id: string, name: string, more = {}) =>
    entry({ id, kind: "named", sender: null, body: name, ...more });
  turn(named("e1", "b-1"));
  const outcomes = turn(
    say("e2"),
    named("e3", "b-1"),
    named("e4", "b-2"),
    named("e5", "b-2"),
    named("e6", "b-1", { room: "plain:2" }),
    say("e7"),
  );
  expect(outcomes.map(told)).toEqual([
    "applied 2",
    "repeated 1",
    "applied 3",
    "repeated 3",
    "applied 1",
    "applied 4",
  ]);
  expect(store.byExternalId("plain:1", "b-2")?.offset).toBe(3);
});

test("what a failed turn applied is forgotten: numbering, repeats and rooms", () => {
  const applying = createApplying(plain.applies);
  applying.turn(say("e1", "c-1"));
  const before = contents(applying.database);
  applying.failedTurn(say("e2", "c-2"), say("e3", "c-3", { room: "plain:new" }));
  expect(contents(applying.database)).toEqual(before);
  const outcomes = applying.turn(
    say("e4", "c-1"),
    say("e5", "c-2"),
    say("e6", "c-3", { room: "plain:new" }),
    say("e7", "c-2"),
  );
  expect(outcomes.map(told)).toEqual(["repeated 1", "applied 2", "applied 1", "repeated 2"]);
});

test("a restart changes nothing: numbering and repeats go on", () => {
  const applying = createApplying(plain.applies);
  applying.turn(say("e1", "c-1"), say("e2", "c-2"), say("e3", null, { kind: "forbidden" }));
  applying.restart();
  expect(applying.store.position()).toBe(3);
  const outcomes = applying.turn(say("e4", "c-2"), say("e5", "c-1"), say("e6", "c-3"));
  expect(outcomes.map(told)).toEqual(["repeated 2", "repeated 1", "applied 3"]);
});

test("a protocol's state of a room is what its log made, through failures, repeats and restarts", () => {
  const add = ({ body }: Entry<number>, { state }: Place<{ sum: number }>): Decision => {
    state.sum += body;
    const alias = `sum-${state.sum}`;
    return {
      events: [{ kind: "sum", data: state.sum, externalId: alias }],
      rows: [{ table: "state", key: "sum", value: `${state.sum}` }],
    };
  };
  const restore = (room: string, history: History) => ({ sum: Number(history.state(room).get("sum") ?? 0) });
  const applying = createApplying({ add }, { restore });
  let made = 0;
  const adding = (body: number) => entry({ id: `e${++made}`, kind: "add", body });
  const sum = () => applying.store.last("plain:1")?.body;
  applying.turn(adding(1), adding(2));
  applying.failedTurn(adding(100));
  applying.turn(adding(3));
  expect(sum()).toBe("6");
  expect(applying.turn(adding(-3), adding(4)).map(told)).toEqual(["repeated 2", "applied 4"]);
  expect(sum()).toBe("10");
  applying.restart();
  applying.turn(adding(5), adding(6));
  expect(sum()).toBe("21");
});

test("more rooms than are kept in memory are numbered on, and their repeats known, when they come back", () => {
  const applying = createApplying(plain.applies);
  const one = (room: number, id: string) => say(`${id}${room}`, "c-1", { room: `plain:${room}` });
  const rooms = Array.from({ length: 20_500 }, (_, room) => room);
  applying.turn(...rooms.map((room) => one(room, "first")));
  const back = [0, 1, 10_250, 20_499].flatMap((room) => [
    one(room, "again"),
    say(`next${room}`, "c-2", { room: `plain:${room}` }),
  ]);
  const outcomes = applying.turn(...back).map(told);
  expect(outcomes).toEqual([1, 2, 3, 4].flatMap(() => ["repeated 1", "applied 2"]));
});
