import { describe, expect, test } from "bun:test";
import { dietClient, message } from "../support/diet.ts";
import { CLOSE, CONTINUATION, encodeFrame, TEXT } from "../support/raw-frames.ts";
import { stopAfterAll } from "../support/server.ts";
import { ASK, expectAnswer, expectFailed, opcodes, type Sent, send, startStage } from "./stage.ts";

const stage = stopAfterAll(await startStage());

const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
const fragments = (parts: readonly Uint8Array[]): Sent[] =>
  parts.map((part, n) => [part, { opcode: n === 0 ? TEXT : CONTINUATION, fin: n === parts.length - 1 }]);
const octets = (text: Buffer): Buffer[] => [...text].map((octet) => Buffer.from([octet]));

const GREEK = "cebae1bdb9cf83cebcceb5";
const MIXED = bytes(`48656c6c6f2d${"c2b5"}40c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121`);
const SPOILT = bytes(`${GREEK}eda080656469746564`);

describe("6 UTF-8 handling", () => {
  test.each<[string, readonly Sent[]]>([
    ["6.1.1 an empty text", [[""]]],
    ["6.1.2 three empty fragments", fragments([bytes(""), bytes(""), bytes("")])],
    ["6.1.3 text between two empty fragments", fragments([bytes(""), Buffer.from("middle"), bytes("")])],
    ["6.2.1 good text in a frame", [[MIXED]]],
    ["6.2.2 good text in two fragments", fragments([MIXED.subarray(0, 12), MIXED.subarray(12)])],
    ["6.2.3 good text, a fragment an octet", fragments(octets(MIXED))],
    ["6.2.4 Greek, a fragment an octet", fragments(octets(bytes(GREEK)))],
  ])("%s is a message", async (_, frames) => {
    const peer = await stage.open();
    await send(peer, [...frames, [ASK]]);
    await expectAnswer(peer);
    await expectAnswer(peer);
    expect(opcodes(peer)).toEqual([TEXT, TEXT]);
  });

  test.each<[string, readonly Sent[]]>([
    ["6.3.1 bad text in a frame", [[SPOILT]]],
    ["6.3.2 bad text, a fragment an octet", fragments(octets(SPOILT))],
  ])("%s is failed", async (_, frames) => {
    const peer = await stage.open();
    await send(peer, frames);
    await expectFailed(peer, 1007);
    expect(opcodes(peer)).toEqual([CLOSE]);
  });

  test.each([
    ["6.4.1", [GREEK, "f4908080", "656469746564"]],
    ["6.4.2", [GREEK, "f490", "8080656469746564"]],
  ])(
    "%s bad text in three fragments is failed when the message is whole, not before (docs/websocket.md)",
    async (_, parts) => {
      const peer = await stage.open();
      const [one, two, three] = fragments(parts.map(bytes));
      await send(peer, [one!, two!, ["", { opcode: 9 }]], "in frame-wise chops");
      await peer.next(10);
      expect(opcodes(peer)).toEqual([10]);
      await send(peer, [three!]);
      await expectFailed(peer, 1007);
    },
  );

  test.each([
    ["6.4.3", [GREEK, "f4908080", "656469746564"]],
    ["6.4.4", [GREEK, "f490", "8080656469746564"]],
  ])(
    "%s bad text in three chops of a frame is failed when the frame is whole, not before (docs/websocket.md)",
    async (_, parts) => {
      const [one = "", two = ""] = parts;
      const peer = await stage.open();
      const frame = encodeFrame(bytes(parts.join("")));
      const known = frame.length - bytes(parts.join("")).length + (one.length + two.length) / 2;
      peer.write(frame.subarray(0, known));
      // Another peer's answer takes longer than a look at these bytes would.
      const other = await stage.open();
      await send(other, [[ASK]]);
      await expectAnswer(other);
      expect(opcodes(peer)).toEqual([]);
      peer.write(frame.subarray(known));
      await expectFailed(peer, 1007);
    },
  );

  const greekPrefixes = Array.from({ length: GREEK.length / 2 }, (_, n) => GREEK.slice(0, 2 * n + 2));
  const lonely = [
    [0xc0, 0xdf],
    [0xe0, 0xef],
    [0xf0, 0xf7],
    [0xf8, 0xfb],
    [0xfc, 0xfd],
  ].map(([from = 0, to = 0]) =>
    Array.from({ length: to - from }, (_, n) => `${(from + n).toString(16)}20`).join(""),
  );
  const cut = [
    "c0",
    "e080",
    "f08080",
    "f8808080",
    "fc80808080",
    "df",
    "efbf",
    "f7bfbf",
    "fbbfbfbf",
    "fdbfbfbfbf",
  ];
  const nonCharacters = [
    "efbfbe",
    "efbfbf",
    ...["f0", "f1", "f2", "f3", "f4"].flatMap((lead) =>
      ["8f", "9f", "af", "bf"]
        .filter((second) => (lead === "f0" ? second !== "8f" : lead !== "f4" || second === "8f"))
        .flatMap((second) => ["be", "bf"].map((end) => `${lead}${second}bf${end}`)),
    ),
  ];
  /** As in the stress test for UTF-8 decoders that the suite follows. */
  const sections: Record<string, readonly string[]> = {
    "6.5": [
      "68656c6c6f24776f726c64",
      "68656c6c6fc2a2776f726c64",
      "68656c6c6fe282ac776f726c64",
      "68656c6c6ff0a4ada2776f726c64",
      GREEK,
    ],
    "6.6": greekPrefixes,
    "6.7": ["00", "c280", "e0a080", "f0908080"],
    "6.8": ["f888808080", "fc8480808080"],
    "6.9": ["7f", "dfbf", "efbfbf", "f48fbfbf"],
    "6.10": ["f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"],
    "6.11": ["ed9fbf", "ee8080", "efbfbd", "f48fbfbf", "f4908080"],
    "6.12": [
      "80",
      "bf",
      "80bf",
      "80bf80",
      "80bf80bf",
      "80bf80bf80",
      "80bf80bf80bf",
      Array.from({ length: 63 }, (_, n) => (0x80 + n).toString(16)).join(""),
    ],
    "6.13": lonely,
    "6.14": cut,
    "6.15": [cut.join("")],
    "6.16": ["fe", "ff", "fefeffff"],
    "6.17": ["c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"],
    "6.18": ["c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"],
    "6.19": ["c080", "e08080", "f0808080", "f880808080", "fc8080808080"],
    "6.20": ["eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf"],
    "6.21": ["eda080", "edadbf", "edae80", "edafbf"].flatMap((high) => [`${high}edb080`, `${high}edbfbf`]),
    "6.22": nonCharacters,
    "6.23": ["efbfb9", "efbfba", "efbfbb", "efbfbc", "efbfbd", "efbfbe", "efbfbf"],
  };
  /** All others of a section are bad. */
  const good = new Set([
    "6.5",
    "6.7",
    "6.9",
    "6.22",
    "6.23",
    "6.6.2",
    "6.6.5",
    "6.6.7",
    "6.6.9",
    "6.6.11",
    "6.11.1",
    "6.11.2",
    "6.11.3",
    "6.11.4",
  ]);
  const cases = Object.entries(sections).flatMap(([section, all]) =>
    all.map((hex, n): [string, string, boolean] => [
      `${section}.${n + 1}`,
      hex,
      good.has(section) || good.has(`${section}.${n + 1}`),
    ]),
  );

  test("are the 132 byte sequences of 6.5 to 6.23", () => {
    expect(cases).toHaveLength(132);
  });

  test.each(cases.filter(([, , isGood]) => isGood))("%s: %s is text", async (_, hex) => {
    const peer = await stage.open();
    await send(peer, [[bytes(hex)], [ASK]]);
    await expectAnswer(peer);
    await expectAnswer(peer);
    expect(opcodes(peer)).toEqual([TEXT, TEXT]);
  });

  test.each(cases.filter(([, , isGood]) => !isGood))("%s: %s is none, and failed", async (_, hex) => {
    const peer = await stage.open();
    await send(peer, [[bytes(hex)]]);
    await expectFailed(peer, 1007);
    expect(opcodes(peer)).toEqual([CLOSE]);
  });

  test("all that is text comes back as it was, where a contract says it back", async () => {
    const ada = await dietClient(stage.server, "ada");
    for (const [number, hex] of cases.filter(([, , isGood]) => isGood)) {
      const requestId = bytes(hex).toString();
      const read = { messageId: "none", userId: "ada", readAt: "2026-03-02T08:31:00.000Z" };
      const answer = await ada.askFrame(message("message.read", read, { metadata: { requestId } }));
      expect([number, Buffer.from(answer["metadata"].requestId).toString("hex")]).toEqual([number, hex]);
    }
  });
});
