import { expect, test } from "bun:test";
import type { Row } from "../../../src/core/ports/store.ts";
import { Document, type Edit } from "../../../src/protocols/atomic/document.ts";
import { Random } from "../../support/random.ts";

const LARGE = 1_000_000;

/** A document whose rows are kept as a store would keep them. */
function createKept() {
  const document = new Document();
  const rows = new Map<string, string>();
  let written = 0;
  function keep(row: Row): void {
    if (row.table !== "state") throw new Error("no state");
    written += row.value?.length ?? 0;
    if (row.value === null) rows.delete(row.key);
    else rows.set(row.key, row.value);
  }
  return {
    document,
    rows,
    /** Characters that went into rows since the last look. */
    spent() {
      const before = written;
      written = 0;
      return before;
    },
    edit(edit: Partial<Edit>, maxBytes = LARGE): void {
      const meant = { version: document.version, position: 0, length: 0, content: "", ...edit };
      for (const row of document.apply(document.place(meant, maxBytes))) keep(row);
    },
  };
}

const seen = ({ text, version, bytes }: Document) => ({ text, version, bytes });
const reason = (work: () => void): string => {
  try {
    work();
  } catch (error) {
    return JSON.stringify(error);
  }
  return "";
};

test("after any number of edits its rows make the same document, for edits of older versions too", () => {
  const random = new Random(Random.seed());
  const { document, edit, rows } = createKept();
  let again = document;
  for (let n = 0; n < 2_500; n++) {
    const units = document.text.length;
    const position = random.whole(0, units);
    const content = random.pick(["", "a", "word ", "long text ".repeat(9)]);
    edit({ position, length: random.whole(0, Math.min(units - position, units > 2_000 ? 200 : 9)), content });
    if (n % 97 === 0 || n > 2_490) again = Document.restore(rows);
    if (again.version === document.version) expect(seen(again)).toEqual(seen(document));
  }
  for (const behind of [0, 1, 150, 210, 999, 1_000]) {
    for (const position of [0, 100, 500, 900]) {
      const old = { version: document.version - behind, position, length: 90, content: "x" };
      expect(again.place(old, LARGE)).toEqual(document.place(old, LARGE));
    }
  }
  for (const each of [document, again]) {
    const old = { version: document.version - 1_001, position: 0, length: 0, content: "x" };
    expect(reason(() => each.place(old, LARGE))).toContain("too old");
  }
});

test("a large document is written once in a while and not with every edit, and its rows stay few", () => {
  const { edit, rows, spent } = createKept();
  for (let n = 0; n < 10; n++) edit({ content: "ten chars ".repeat(1_000) });
  spent();
  for (let n = 0; n < 2_000; n++) {
    edit({ position: 50 * n, content: "x" });
    expect(rows.size).toBeLessThanOrEqual(200);
  }
  expect(spent()).toBeLessThan(12 * 120_000);
});

test("what is kept to carry old edits over does not grow", () => {
  const { edit, rows } = createKept();
  for (let n = 0; n < 5_000; n++) edit({ length: n % 2, content: n % 2 === 0 ? "x" : "" });
  expect(rows.get("snapshot")!.length).toBeLessThan(10_000);
});

test("many large edits between two snapshots do not pile up", () => {
  const { edit, rows } = createKept();
  for (let n = 0; n < 100; n++) {
    edit({ content: "x".repeat(30_000) });
    edit({ length: 30_000 });
    const kept = [...rows.values()].reduce((size, value) => size + value.length, 0);
    expect(kept).toBeLessThan(350_000);
  }
});

test("its size is that of its JSON after any insertions and deletions", () => {
  const { document, edit } = createKept();
  for (const content of ['"quotes"', "\n\0\x7f", "ä€\u{1f600}", "\u2028", "\\"]) edit({ content });
  edit({ position: 1, length: 3 });
  edit({ position: 5, length: 4, content: "\u{1f600}" });
  expect(document.bytes).toBe(Buffer.byteLength(JSON.stringify(document.text)) - 2);
  expect(document.text.isWellFormed()).toBe(true);
});

test("it grows up to its limit and no further, and what does not make it larger is always allowed", () => {
  const { document, edit } = createKept();
  edit({ content: "x".repeat(96) });
  edit({ content: "é\n" }, 100);
  expect(document.bytes).toBe(100);
  expect(reason(() => edit({ content: "y" }, 100))).toContain("more than 100 bytes");
  expect(reason(() => edit({ position: 9, length: 1, content: "ä" }, 100))).toContain("more than 100 bytes");
  edit({ position: 9, length: 1, content: "z" }, 100);
  // The limit was set lower.
  edit({ position: 9, length: 2, content: "z" }, 50);
  expect([document.bytes, document.version]).toEqual([99, 4]);
  expect(reason(() => edit({ content: "y" }, 50))).toContain("more than 50 bytes");
});

test("an edit that is refused leaves it as it was", () => {
  const { document, edit, rows } = createKept();
  edit({ content: "a\u{1f600}" });
  const before = [seen(document), new Map(rows)];
  for (const bad of [
    { position: 4 },
    { position: 2 },
    { length: 2 },
    { length: 9 },
    { version: 2 },
    { content: "much" },
  ]) {
    expect(reason(() => edit({ position: 0, content: "x", ...bad }, 6))).not.toBe("");
    expect([seen(document), rows]).toEqual(before);
  }
});

test("an old position that was inside a character still there is refused, and of one that is gone it is not", () => {
  const { document, edit } = createKept();
  edit({ content: "ab\u{1f600}" });
  edit({ content: "new " });
  expect(reason(() => edit({ version: 1, position: 3, content: "x" }))).toContain("surrogate");
  edit({ version: 1, position: 2, length: 2 });
  edit({ version: 1, position: 3, content: "x" });
  expect(document.text).toBe("new abx");
});
