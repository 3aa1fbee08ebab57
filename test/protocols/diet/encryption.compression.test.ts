import { expect, test } from "bun:test";
import { deflateRawSync } from "node:zlib";
import { agreed, expectNotOpened, NOW, received } from "./encrypted.ts";

const LONG = JSON.stringify({ type: "post.created", data: { content: "Soup, again. ".repeat(200) } });
const deflated = (size: number) => new Uint8Array(deflateRawSync(Buffer.alloc(size, 0x20)));

test("frames go both ways, and are shorter", async () => {
  const { client, server } = await agreed({ compression: true });
  expect(server.ready.compressionEnabled).toBe(true);
  const sealed = server.seal(LONG, NOW);
  expect(sealed.length).toBeLessThan(LONG.length / 4);
  expect(await client.open(received(sealed))).toBe(LONG);
  expect(server.open(await client.seal(LONG))).toBe(LONG);
});

test("without it, a frame's length does not depend on what it says", async () => {
  const { server } = await agreed();
  expect(server.seal("a".repeat(500), NOW)).toHaveLength(server.seal("abcde".repeat(100), NOW).length);
});

test("a frame that inflates to more than the limit is refused, at the limit it is taken", async () => {
  const { client, server } = await agreed({ compression: true, maxPlainBytes: 10_000 });
  expectNotOpened(server, await client.sealBytes(deflated(10_001)));
  expect(server.open(await client.sealBytes(deflated(10_000)))).toHaveLength(10_000);
});

test("a bomb is refused before it takes memory", async () => {
  const { client, server } = await agreed({ compression: true });
  const bomb = deflated(50_000_000);
  const frames = await Promise.all(Array.from({ length: 10 }, () => client.sealBytes(bomb)));
  const before = process.memoryUsage.rss();
  for (const frame of frames) expectNotOpened(server, frame);
  expect(process.memoryUsage.rss() - before).toBeLessThan(25_000_000);
  expect(server.open(await client.seal("{}"))).toBe("{}");
});

test("what is not deflate, or ends early, is refused", async () => {
  const { client, server } = await agreed({ compression: true });
  const whole = new Uint8Array(deflateRawSync(LONG));
  for (const bytes of [new TextEncoder().encode(LONG), whole.slice(0, -3), new Uint8Array()])
    expectNotOpened(server, await client.sealBytes(bytes));
});
