import { describe, expect, test } from "bun:test";
import { checkStays, checkStored } from "../../src/verify/check.ts";
import { type Fault, Faults, PROMISES } from "../../src/verify/faults.ts";
import { type Item, Ledger, type Stay } from "../../src/verify/ledger.ts";

const ROOM = "chat:1";

/** A room in which Ada has said three things, all confirmed, and Bob has heard them. */
function conversation() {
  const faults = new Faults();
  const ledger = new Ledger(faults);
  for (const who of ["ada", "bob"]) ledger.open(who, ROOM);
  const stay = ledger.enter("bob", ROOM, null);
  const [one, two, three] = Array.from({ length: 3 }, () => ledger.newItem("ada", ROOM)) as [
    Item,
    Item,
    Item,
  ];
  for (const item of [one, two, three]) {
    ledger.confirmed(item, `id of ${item.key}`);
    ledger.hear("bob", item, stay);
  }
  return { faults, ledger, stay, one, two, three };
}

type Conversation = ReturnType<typeof conversation>;

/** What is found when this is what the history holds, by kind. */
function found(
  { faults, ledger }: Conversation,
  items: readonly Item[],
  derived = false,
): Partial<Record<Fault, number>> {
  const rooms = [{ room: ROOM, items, derived }];
  checkStored(ledger, rooms);
  checkStays(ledger.stays, rooms, faults);
  const counts = (Object.keys(PROMISES) as Fault[]).map((fault) => [fault, faults.count(fault)] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

const hears = (stay: Stay, ...items: Item[]) => void stay.heard.splice(0, Number.POSITIVE_INFINITY, ...items);

test("a conversation as it should be has no faults", () => {
  const talk = conversation();
  expect(found(talk, [talk.one, talk.two, talk.three])).toEqual({});
  expect(talk.faults.held).toBe(true);
});

describe("what is stored", () => {
  test("what was confirmed and is not there is lost, and so is what was heard of it", () => {
    const talk = conversation();
    expect(found(talk, [talk.one, talk.two])).toEqual({ lost: 2 });
  });

  test("what is confirmed once nobody waits any longer was never answered, and is not lost", () => {
    const talk = conversation();
    const late = talk.ledger.newItem("ada", ROOM);
    talk.ledger.close();
    talk.ledger.confirmed(late, "an id");
    const last = talk.ledger.newItem("ada", ROOM);
    talk.ledger.confirmed(last, "another id");
    talk.ledger.hear("bob", last, talk.stay);
    expect(found(talk, [talk.one, talk.two, talk.three, last])).toEqual({ unanswered: 1 });
  });

  test("what is there twice is stored twice", () => {
    const talk = conversation();
    expect(found(talk, [talk.one, talk.two, talk.three, talk.three])).toMatchObject({ twice: 1 });
  });

  test("what was confirmed as two different messages is one too many", () => {
    const talk = conversation();
    talk.ledger.confirmed(talk.one, "another id");
    expect(talk.faults.count("twice")).toBe(1);
  });

  test("what one sender said is in its order, but for what he had to say again", () => {
    const talk = conversation();
    hears(talk.stay, talk.two, talk.one, talk.three);
    const turned = [talk.two, talk.one, talk.three];
    expect(found(talk, turned)).toEqual({ order: 1 });
    const again = conversation();
    again.ledger.resent(again.one);
    hears(again.stay, again.two, again.one, again.three);
    expect(found(again, [again.two, again.one, again.three])).toEqual({});
  });

  test("what was refused is not there, unless another attempt may have come in", () => {
    const talk = conversation();
    const { ledger, one, two, three, stay } = talk;
    const [four, five] = [ledger.newItem("ada", ROOM), ledger.newItem("ada", ROOM)];
    ledger.resent(five);
    for (const item of [four, five]) {
      ledger.refused(item);
      ledger.hear("bob", item, stay);
    }
    expect(found(talk, [one, two, three, four, five])).toEqual({ refused: 1 });
  });

  test("what was never answered is told", () => {
    const talk = conversation();
    talk.ledger.newItem("ada", ROOM);
    expect(found(talk, [talk.one, talk.two, talk.three])).toEqual({ unanswered: 1 });
  });
});

describe("what a connection hears", () => {
  test.each<[string, (talk: Conversation) => Item[], Partial<Record<Fault, number>>]>([
    ["nothing is missing in the middle", ({ one, three }) => [one, three], { gap: 1 }],
    ["nor at the end, while it is open", ({ one }) => [one], { gap: 2 }],
    ["nor at the beginning", ({ three }) => [three], { gap: 2 }],
    ["nothing comes twice", ({ one, two, three }) => [one, two, two, three], { order: 1 }],
    ["nor after what was stored later", ({ one, two, three }) => [one, three, two], { gap: 1, order: 1 }],
  ])("%s", (_, heard, faults) => {
    const talk = conversation();
    hears(talk.stay, ...heard(talk));
    expect(found(talk, [talk.one, talk.two, talk.three])).toEqual(faults);
  });

  test("a connection that has closed need not have heard the last", () => {
    const talk = conversation();
    hears(talk.stay, talk.one);
    talk.stay.isOpen = false;
    expect(found(talk, [talk.one, talk.two, talk.three])).toEqual({});
  });

  test("where the contract does not say what was there before, all that was said since must come", () => {
    const talk = conversation();
    const { ledger, one, two, three } = talk;
    const late = ledger.enter("bob", ROOM, undefined);
    const [four, five] = [ledger.newItem("ada", ROOM), ledger.newItem("ada", ROOM)];
    for (const item of [four, five]) {
      ledger.confirmed(item, item.key);
      ledger.hear("bob", item, talk.stay);
    }
    ledger.hear("bob", five, late);
    expect(found(talk, [one, two, three, four, five])).toEqual({ gap: 1 });
  });

  test("a repeat that is confirmed by the message itself is no event", () => {
    const talk = conversation();
    const { ledger, one, two, three } = talk;
    const own = ledger.enter("ada", ROOM, three);
    ledger.resent(two);
    ledger.hear("ada", two, own);
    expect(found(talk, [one, two, three])).toEqual({});
  });
});

describe("who may hear", () => {
  test("a stranger is let in nowhere, hears nothing and is not listened to", () => {
    const { faults, ledger, one } = conversation();
    ledger.enter("eve", ROOM, null);
    ledger.hear("eve", one, undefined);
    ledger.confirmed(ledger.newItem("eve", ROOM), "an id");
    expect(faults.count("access")).toBe(3);
  });

  test("a removed user hears at most what was said before", () => {
    const { faults, ledger, three } = conversation();
    ledger.bar("bob", ROOM);
    ledger.hear("bob", three, undefined);
    expect(faults.count("access")).toBe(0);
    ledger.hear("bob", ledger.newItem("ada", ROOM), undefined);
    expect(faults.count("access")).toBe(1);
  });

  test("what nobody said in this room is altered", () => {
    const { faults, ledger, one } = conversation();
    ledger.find(ROOM, `${one.key} and more`);
    ledger.find("chat:2", `${one.key} `);
    ledger.find(ROOM, "made up ");
    expect(faults.count("altered")).toBe(3);
  });
});
