import { expect, test } from "bun:test";
import { Delivery } from "../../../src/core/outbound/delivery.ts";
import type { Rooms } from "../../../src/core/outbound/rooms.ts";
import type { AnyProtocol } from "../../../src/core/protocol/protocol.ts";
import { encode } from "../../../src/protocols/diet/frames.ts";
import { entry } from "../../support/applying.ts";

test("what an entry only publishes has one id on every node: the entry's", () => {
  const heard = Array.from({ length: 2 }, () => {
    const frames: string[] = [];
    const rooms = { isHeard: () => true, publish: (_: string, frame: string) => frames.push(frame) };
    const diet = { name: "diet", envelope: encode } as unknown as AnyProtocol;
    const delivery = new Delivery(rooms as unknown as Rooms, new Map([["diet", diet]]), {
      shownBefore: () => 0,
    });
    const publish = { kind: "water.intake", data: { userId: "ada", amount: 200 }, room: "diet-friends:ada" };
    const one = entry({ id: "e1", room: "diet-user:ada", protocol: "diet", kind: "data" });
    delivery.deliver(one, {}, { is: "applied", events: [], publish, confirm: undefined });
    return frames;
  });
  expect(heard[0]?.map((frame) => JSON.parse(frame).id)).toEqual(["e1"]);
  expect(heard[1]).toEqual(heard[0]!);
});
