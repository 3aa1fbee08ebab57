import { expect, test } from "bun:test";
import { NodeFaults } from "../../src/verify/cluster/node-faults.ts";
import { eventually } from "../support/eventually.ts";

const unused = () => {
  throw new Error("not part of this test");
};

test("no other server of the log is harmed before the last one has what it missed", async () => {
  let isWell = false;
  let asked = 0;
  const paused: number[] = [];
  const faults = new NodeFaults({
    nodes: [],
    servers: {
      count: 3,
      areWell: async () => {
        asked++;
        return isWell;
      },
      pause: (index) => void paused.push(index),
      resume: () => {},
      ...{ cut: unused, heal: unused, kill: unused, restart: unused },
    },
    ...{ count: () => {}, skip: unused, died: unused, hasClocks: false },
  });
  const pause = (who: number) => faults.happen({ at: 0, what: "pause", who, long: 0 }, async () => {});
  const first = pause(0.9);
  await eventually(() => asked > 0);
  await pause(0.6);
  expect(paused).toEqual([2]);
  isWell = true;
  await first;
  await pause(0.6);
  expect(paused).toEqual([2, 0]);
});
