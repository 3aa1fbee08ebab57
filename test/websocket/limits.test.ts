import { describe, test } from "bun:test";
import { BINARY, CONTINUATION, encodeFrame, TEXT } from "../support/raw-frames.ts";
import { stopAfterAll } from "../support/server.ts";
import { askOf, expectAnswer, type Sent, send, startStage } from "./stage.ts";

const MEBI = 2 ** 20;

const stage = stopAfterAll(await startStage(16 * MEBI));

describe.each([
  ["text", TEXT, [1, 3, 5, 7]],
  ["binary", BINARY, [2, 4, 6, 8]],
] as const)("9 Limits, of %s messages", (_, opcode, [whole, fragmented, chopped, many]) => {
  test.each(
    [2 ** 16, 2 ** 18, MEBI, 4 * MEBI, 8 * MEBI, 16 * MEBI].map(
      (size, n) => [`9.${whole}.${n + 1}`, size] as const,
    ),
  )("%s one of %d octets", async (_, size) => {
    const peer = await stage.open();
    await send(peer, [[askOf(size), { opcode }]]);
    await expectAnswer(peer);
  });

  test.each(
    [64, 256, 2 ** 10, 2 ** 12, 2 ** 14, 2 ** 16, 2 ** 18, MEBI, 4 * MEBI].map(
      (size, n) => [`9.${fragmented}.${n + 1}`, size] as const,
    ),
  )("%s one of 4 MiB in fragments of %d octets", async (_, size) => {
    const peer = await stage.open();
    const payload = Buffer.from(askOf(4 * MEBI));
    const count = payload.length / size;
    const frames = Array.from(
      { length: count },
      (_, n): Sent => [
        payload.subarray(n * size, (n + 1) * size),
        { opcode: n === 0 ? opcode : CONTINUATION, fin: n === count - 1 },
      ],
    );
    await send(peer, frames);
    await expectAnswer(peer);
  });

  test.each([64, 128, 256, 512, 1024, 2048].map((size, n) => [`9.${chopped}.${n + 1}`, size] as const))(
    "%s one of 1 MiB in chops of %d octets",
    async (_, size) => {
      const peer = await stage.open();
      const bytes = encodeFrame(askOf(MEBI), { opcode });
      for (let at = 0; at < bytes.length; at += size) {
        peer.write(bytes.subarray(at, at + size));
        // The server runs in this process, and reads a few of them at a time.
        if (at % (32 * size) === 0) await new Promise(setImmediate);
      }
      await expectAnswer(peer);
    },
  );

  test.each([0, 16, 64, 256, 1024, 4096].map((size, n) => [`9.${many}.${n + 1}`, size] as const))(
    "%s 1,000 of %d octets, each after the answer to the last",
    async (_, size) => {
      const peer = await stage.open();
      for (let n = 0; n < 1_000; n++) {
        peer.send(size === 0 ? "" : askOf(size), { opcode });
        await expectAnswer(peer);
      }
    },
  );
});
