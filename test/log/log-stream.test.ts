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

test("a server that is left without a majority does not answer for the log, and does not lead it", async () => {
  const replicas = ["log-1", "log-2", "log-3"].map((name) => ({
    name,
    current: name === "log-2",
    active: 0,
  }));
  const led = (leader?: string) => {
    const info = async () => ({
      config: { num_replicas: 3, max_bytes: 1_024, metadata: { "switchboard-log-id": "l" } },
      state: { first_seq: 1, last_seq: 3, bytes: 10 },
      cluster: { name: "log", replicas, ...(leader && { leader }) },
    });
    const connection = { isClosed: () => false, info: { server_name: "log-2" } };
    const config = logConfig({ url: "" } as never, "c");
    const found = { id: "l", first: 1, last: 0 };
    return new LogStream(connection as never, { streams: { info } } as never, config, found);
  };
  expect((await led("log-1").state())?.last_seq).toBe(3);
  expect(await led().state()).toBeUndefined();
  expect((await led().servers())?.leader).toBeNull();
});
