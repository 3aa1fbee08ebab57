import { expect, test } from "bun:test";
import fc from "fast-check";
import { Connection } from "../../../src/core/outbound/connection.ts";
import { Rooms } from "../../../src/core/outbound/rooms.ts";
import { Traffic } from "../../../src/core/outbound/traffic.ts";
import { builtProtocols } from "../../support/built-protocols.ts";
import { FakeSockets } from "../../support/fake-sockets.ts";

const gurukul = builtProtocols().find(({ name }) => name === "gurukul")!;
const ROOMS = ["chat:a", "chat:b"];

function createStage() {
  const heard: string[] = [];
  const sockets = new FakeSockets((name, frame) => heard.push(`${name}: ${frame}`));
  const rooms = new Rooms(
    () => sockets,
    () => {},
    () => {},
  );
  const traffic = new Traffic();
  const connect = (name: string, offsets: boolean) => {
    const connection = new Connection(name, gurukul, {}, "", 0, () => {}, traffic);
    connection.offsets = offsets;
    connection.opened(sockets.open(name));
    return connection;
  };
  /** As Bun does with the subscriptions of a socket that closes. */
  const drop = ({ socket }: Connection) => {
    const topics = ROOMS.flatMap((room) => [room, `${room} offsets`, `${room} watchers`]);
    for (const topic of topics) socket.unsubscribe(topic);
  };
  return { connect, drop, heard, rooms, traffic };
}

test("a member that hears nothing leaves, and another that wants offsets still gets them", () => {
  const { connect, rooms } = createStage();
  const [muted, other] = [connect("muted", true), connect("other", true)];
  rooms.join(muted, "chat:a", true);
  rooms.join(other, "chat:a");
  rooms.leave(muted, "chat:a");
  expect(rooms.wantsOffsets("chat:a")).toBe(true);
});

test("after any actions of connections, members hear the room, watchers its announcements, and what was sent is counted", () => {
  const step = fc.record({
    what: fc.constantFrom("join", "mute", "leave", "watch", "unwatch", "divert", "close"),
    who: fc.nat(3),
    room: fc.constantFrom(...ROOMS),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { connect, drop, heard, rooms, traffic } = createStage();
      const all = [connect("0", false), connect("1", true), connect("2", false), connect("3", true)];
      const muted = new Set<string>();
      for (const { what, who, room } of steps) {
        const connection = all[who]!;
        const key = `${who} ${room}`;
        if (what === "join") rooms.join(connection, room);
        if (what === "mute" && !connection.diversion && !connection.rooms.has(room)) {
          rooms.join(connection, room, true);
          if (connection.rooms.has(room)) muted.add(key);
        }
        if (what === "leave") {
          rooms.leave(connection, room);
          muted.delete(key);
        }
        if (what === "watch") rooms.watch(connection, room);
        if (what === "unwatch") rooms.unwatch(connection, room);
        if (
          what === "divert" &&
          !connection.diversion &&
          !ROOMS.some((name) => muted.has(`${who} ${name}`))
        ) {
          const deliver = (frame: string) => heard.push(`${who}: ${frame}`);
          rooms.divert(connection, { deliver, flush() {}, held: () => 0 });
        }
        if (what === "close" && connection.open) {
          connection.close(1000, "");
          drop(connection);
          rooms.leaveAll(connection);
          for (const name of ROOMS) muted.delete(`${who} ${name}`);
        }
        for (const name of ROOMS) {
          const members = all.filter((one) => one.rooms.has(name) && !muted.has(`${one.id} ${name}`));
          const watchers = all.filter((one) => one.open && one.watched?.has(name) && !one.rooms.has(name));
          expect(rooms.hasWatchers(name)).toBe(watchers.length > 0);
          expect(rooms.wantsOffsets(name)).toBe(members.some(({ offsets }) => offsets));
          heard.length = 0;
          traffic.sent = 0;
          rooms.publish(name, "plain", undefined, "numbered");
          const frames = members.map(({ id, offsets }) => `${id}: ${offsets ? "numbered" : "plain"}`);
          expect(heard.toSorted()).toEqual(frames.toSorted());
          expect(traffic.sent).toBe(members.filter(({ diversion }) => !diversion).length);
          heard.length = 0;
          rooms.announce(name, "news");
          expect(heard.toSorted()).toEqual(watchers.map(({ id }) => `${id}: news`).toSorted());
        }
      }
    }),
    { numRuns: 60 },
  );
});
