import { expect, test } from "bun:test";
import { PostRefusal } from "../../src/core/inbound/publish-api.ts";
import { InOrder } from "../../src/sources/in-order.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** Delivers words; what `trouble` holds fails first, once for each time it is there. */
function line(trouble: Record<string, Error[]> = {}) {
  const clock = new FakeClock();
  const tried: string[] = [];
  const said: string[] = [];
  const deliver = async (word: string) => {
    tried.push(word);
    await Promise.resolve();
    const error = trouble[word]?.shift();
    if (error) throw error;
  };
  const inOrder = new InOrder(clock, deliver, (text) => said.push(text));
  return { clock, tried, said, inOrder };
}
const settled = () => new Promise(setImmediate);

test("delivers in order, one at a time, also what comes meanwhile", async () => {
  const { inOrder, tried } = line();
  inOrder.add("one");
  inOrder.add("two");
  expect(tried).toEqual(["one"]);
  await settled();
  inOrder.add("three");
  await settled();
  expect(tried).toEqual(["one", "two", "three"]);
});

test("tries again what fails, once a second, and nothing overtakes it", async () => {
  const broken = new Error("broken");
  const { clock, inOrder, said, tried } = line({ two: [broken, broken] });
  for (const word of ["one", "two", "three"]) inOrder.add(word);
  await settled();
  clock.advance(999);
  await settled();
  expect(tried).toEqual(["one", "two"]);
  clock.advance(1);
  await settled();
  clock.advance(1_000);
  await eventually(() => tried.includes("three"));
  expect(tried).toEqual(["one", "two", "two", "two", "three"]);
  expect(said).toEqual(["events cannot be stored; they wait until they can", "events are stored again"]);
});

test("goes on behind what would be refused for ever, and says what was wrong with it", async () => {
  const wrong = new PostRefusal("invalid", [{ path: "0.data.username", message: "must be well formed" }]);
  const { inOrder, said, tried } = line({ one: [wrong] });
  inOrder.add("one");
  inOrder.add("two");
  await settled();
  expect(tried).toEqual(["one", "two"]);
  expect(said).toEqual(["an event was refused: 0.data.username"]);
});

test("once stopped, delivers nothing more", async () => {
  const { clock, inOrder, tried } = line({ one: [new Error("broken")] });
  inOrder.add("one");
  inOrder.add("two");
  await settled();
  inOrder.stop();
  clock.advance(60_000);
  await settled();
  expect(tried).toEqual(["one"]);
});
