import { describe, expect, test } from "bun:test";
import { idleSecondsOf } from "../../src/server/idle-seconds.ts";

describe("the connection of a request may be silent", () => {
  test.each([
    ["for 10 s, while it is sent", "http://a/v1/rooms/feed:a?x=/feed", 10],
    ["longer than the longest poll", "http://a/v1/feed?wait=60", 75],
    ["over an export", "http://a/v1/users/ada/export", 75],
    ["until the receiver of a webhook's test must have answered", "http://a/v1/webhooks/xp/test", 40],
    ["not so in another request about it", "http://a/v1/webhooks/test", 10],
  ])("%s", (_, url, seconds) => {
    expect(idleSecondsOf(url, 30_000)).toBe(seconds);
  });

  test("and for no longer than Bun allows", () => {
    expect(idleSecondsOf("http://a/v1/webhooks/xp/test", 86_400_000)).toBe(255);
  });
});
