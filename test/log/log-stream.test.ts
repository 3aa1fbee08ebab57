import { expect, test } from "bun:test";
import { LogStream } from "../../src/log/log-stream.ts";
import { logConfig } from "./follower.ts";

/** A stream whose server says these ends, one after another, and then the last of them; undefined: it does not answer. */
function saying(...ends: (number | undefined)[]): LogStream {
  const info = async () => {
    const last = ends.length > 1 ? ends.shift() : ends[0];
    if (last === undefined) throw new Error("timeout");
    return {
      config: { num_replicas: 1, metadata: { "switchboard-log-id": "l" } },
      state: { first_seq: 1, last_seq: last },
    };
  };
  const found = { id: "l", first: 1, last: 0 };
  return new LogStream(
    { isClosed: () => false } as never,
    { streams: { info } } as never,
    logConfig({ url: "" } as never, "c"),
    found,
  );
}

test("a server that has just been elected and does not know the end yet is asked again", async () => {
  expect((await saying(0, 2, 3).holding(3)).last).toBe(3);
});

test("a server that does not answer for a while says nothing against a database", async () => {
  const silent = Array.from({ length: 25 }, () => undefined);
  expect((await saying(...silent, 3).holding(3)).last).toBe(3);
});

test("a database beyond what it still says then is refused", async () => {
  expect(saying(0, 2).holding(3)).rejects.toThrow(
    "the database is at position 3, and the log switchboard-c ends at 2",
  );
});
