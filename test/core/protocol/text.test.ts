import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { cleanText } from "../../../src/core/protocol/text.ts";

describe("text that only looks like markup stays as it was written", () => {
  test.each([
    "a < b && c > d",
    "I <3 you",
    "</3 broken, and </> too",
    "1<2, x <= y << z, <- and ->, <",
    "90 km/h and/or 1/x < 2",
    "&lt;b&gt; &amp; &#60;i&#62;",
    `she said "it's" > 'that' = fine`,
    "two\n\tlines",
    "👩‍👩‍👧 família ≮ ﬁ",
  ])("%j", (text) => {
    expect(cleanText(text)).toBe(text);
  });
});

describe("markup goes, and the text it encloses stays", () => {
  test.each([
    ["<p>Hello <b class='x'>bold</b><br/> world</p>", "Hello bold world"],
    ["<img src=x onerror=alert(1)>", ""],
    ["before <img src=x", "before "],
    ["before <img title='a > b", "before "],
    ['before <img title="a > b', "before "],
    ["stray </b>end </p\n>tags </b", "stray end tags "],
    ["one<a/b>two<i / c = d>three", "onetwothree"],
    [`<a title="x > y" alt='>' b = ">" c=d">">left`, `">left`],
    [`<a "x>y" <a =">">z<a=b="c>">d`, `y" ">z">d`],
    ["<!DOCTYPE html>a<![CDATA[b]]>c<?php d ?>e<!>f", "acef"],
    ["before <!DOCTYPE", "before "],
    ["before <?xml", "before "],
    ["<svg><animate onbegin=alert(1)><text>s</text></svg><math><mi>m</mi></math>", "sm"],
  ])("%j becomes %j", (text, cleaned) => {
    expect(cleanText(text)).toBe(cleaned);
  });
});

describe("comments go whole, wherever HTML lets them end", () => {
  test.each([
    ["a<!-- b\n> <i> -->c", "ac"],
    ["a<!-- b --!>c", "ac"],
    ["a<!-->b<!--->c<!---->d", "abcd"],
    ["a<!--!>b-->c", "ac"],
    ["a<!-- <!-- b -->c-->", "ac-->"],
    ["a<!-- b\n> <i>c", "a"],
    ["a<!--", "a"],
  ])("%j becomes %j", (text, cleaned) => {
    expect(cleanText(text)).toBe(cleaned);
  });
});

describe("scripts and styles go with their content", () => {
  test.each([
    ["a<script>alert('<b>')</script>b", "ab"],
    ["a<SCRIPT src='>'>x</sCrIpT\n y='>'>b", "ab"],
    ["a<style>p > b { }</style >b", "ab"],
    ["a<script>x</scripty>y</script/>b", "ab"],
    ["a<script>x</style>y</script>b", "ab"],
    ["a<script>never closed</script", "a"],
    ["a<script", "a"],
    ["<scripty>stays</scripty>", "stays"],
  ])("%j becomes %j", (text, cleaned) => {
    expect(cleanText(text)).toBe(cleaned);
  });
});

describe("what HTML reads as raw text is cleaned like any other", () => {
  test.each(["textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext"])(
    "%s",
    (name) => {
      expect(cleanText(`<${name}>a<img src=x onerror=alert(1)>b<script>c</script></${name}>d`)).toBe("abd");
    },
  );
});

describe("a removal never leaves behind a tag that it has put together", () => {
  test.each([
    ["<<b>script>alert(1)<<b>/script>", ""],
    ["<<b></b>/<i></i>b>x", "x"],
    ["a<<!-- -->img src=x onerror=alert(1)>b", "ab"],
    ["a<<b>!-- c --><<b>?d>e", "ae"],
    ["<scr<script>ipt>alert(1)</scr</script>ipt>", "ipt>alert(1)ipt>"],
    ["<<script>x</script>b>c", "c"],
    ["<<<<b>b>b>b>", ""],
  ])("%j becomes %j", (text, cleaned) => {
    expect(cleanText(text)).toBe(cleaned);
  });
});

describe("characters", () => {
  test("control characters go, tab and newline stay", () => {
    const controls = Array.from({ length: 0xa1 }, (_, code) => String.fromCharCode(code)).join("");
    const printable = Array.from({ length: 95 }, (_, code) => String.fromCharCode(0x20 + code)).join("");
    expect(cleanText(controls.replace("<", ""))).toBe(`\t\n${printable.replace("<", "")}\u00a0`);
    expect(cleanText("one\r\ntwo")).toBe("one\ntwo");
  });

  test("a control character does not hide a tag", () => {
    expect(cleanText("a<\0img src=x>b<scr\u0085ipt>c</scr\ript>d")).toBe("abd");
  });

  test("a character that normalises to an ASCII letter does not hide a tag", () => {
    expect(cleanText("a<\u212a onclick=alert(1)>b</\u212a>c")).toBe("abc");
  });

  test("an accent composes with its letter, also when a tag stood between them", () => {
    expect(cleanText("cafe\u0301")).toBe("caf\u00e9");
    expect(cleanText("cafe<b>\u0301</b>")).toBe("caf\u00e9");
  });

  test("of many combining marks in a row none is lost, and cleaning again changes nothing", () => {
    for (const mark of ["\u0301", "\u0344", "<b>\u0323", "\u0301\u0323", "\u{1d17b}"]) {
      const cleaned = cleanText(`e${mark.repeat(400)}`);
      expect(cleanText(cleaned)).toBe(cleaned);
      expect(cleaned.normalize("NFC")).toBe(cleaned);
      const marks = `e${mark.replace("<b>", "").repeat(400)}`.normalize("NFD");
      expect([...cleaned.normalize("NFD")].filter((char) => char !== "\u034f")).toHaveLength(
        [...marks].length,
      );
    }
  });

  test("half a surrogate pair is no text", () => {
    expect(cleanText("\ud83d<b>x")).toBe("\ufffdx");
  });
});

describe("for any text", () => {
  // biome-ignore format: one line a kind
  const fragment = fc.constantFrom(
    "<", "</", ">", "/>", "!", "?", "/", "=", "\"", "'", "-", "--", "-->", "--!>", " ", "\n", "\t", "3", "b", "K", "e",
    "<b", "<b>", "</b>", "</b ", "<i/", "<A x=", "<a x=\"", "<a x='", "<img src=x onerror=alert(1)>", "</3", "<3", "&lt;",
    "<!--", "<!-->", "<!DOCTYPE", "<![CDATA[", "]]>", "<?x", "<script", "<script>", "</script>", "</SCRIPT ", "<Style>",
    "</style>", "script>", "ipt>", "<textarea>", "</textarea>", "<title>", "<plaintext>", "<svg>", "<math>", "<xmp>",
    "\0", "\r", "\u0085", "\u0301", "\u0338", "\u0323", "\u212a", "\u200d", "👩", "\u1100", "\u1161",
  );
  const hostile = fc.array(fragment, { maxLength: 20 }).map((fragments) => fragments.join(""));
  const runs = { numRuns: 5_000 };

  test("no tag, comment or declaration is left", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const cleaned = cleanText(text);
        expect(cleaned).not.toMatch(/<(?:[a-z!?]|\/[a-z])/i);
        expect(elementsIn(`<div>${cleaned}</div>`)).toEqual(["div"]);
      }),
      runs,
    );
  });

  test("cleaning again changes nothing", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const cleaned = cleanText(text);
        expect(cleanText(cleaned)).toBe(cleaned);
        expect(cleaned.normalize("NFC")).toBe(cleaned);
        expect(cleaned).not.toMatch(/[^\P{Cc}\n\t]/u);
        expect(cleaned.isWellFormed()).toBe(true);
      }),
      runs,
    );
  });

  test("without a `<` and control characters it is only normalised", () => {
    const harmless = fc.string({ unit: "binary" }).map((text) => text.replace(/[<\p{Cc}]/gu, ""));
    fc.assert(fc.property(harmless, (text) => expect(cleanText(text)).toBe(text.normalize("NFC"))));
  });

  test("what stands between complete tags and comments arrives exactly", () => {
    const piece = fc.constantFrom(
      "word ",
      "a < b ",
      "> ",
      `"quoted" `,
      "it's = ",
      "<3 ",
      "</3 ",
      "-->",
      "&amp;",
      "é",
      "日本 ",
    );
    const markup = fc.constantFrom(
      "<b>",
      "</b>",
      `<a x="'>" y='">' z>`,
      "<br/>",
      "<!-- > -->",
      "<script><b></script>",
    );
    const parts = fc.array(fc.tuple(piece, markup), { maxLength: 20 });
    fc.assert(
      fc.property(parts, (pairs) => {
        const pieces = pairs.map(([text]) => text);
        expect(cleanText(pairs.flat().join(""))).toBe(pieces.join(""));
      }),
    );
  });
});

// Where cleaning takes a pass for each level, or a search for each start, these do not end within the time limit.
describe("a million hostile characters are done in one go", () => {
  const many = 300_000;
  const accents = "\u0301\u0323".repeat(15);
  const parted = `q${accents}`.normalize("NFC") + `\u034f${accents}`.normalize("NFC").repeat(many / 30 - 1);
  test.each([
    ["tags nested in tag starts", "<".repeat(many) + "b>".repeat(many), ""],
    ["end tags nested in tag starts", "</<b>".repeat(many) + "b>".repeat(many), ""],
    ["comments that never close", `a${"<!--".repeat(many)}`, "a"],
    ["comment ends that are none", `a<!--${"--!".repeat(many)}`, "a"],
    ["scripts that never close", `a${"<script>".repeat(many)}`, "a"],
    ["script ends that are none", `a<script>${"</script".repeat(many)}`, "a"],
    ["scripts that do close", "<script></script>".repeat(many), ""],
    ["attributes", `<b${" x".repeat(many)}${" = '".repeat(many)}>`, ""],
    ["blanks in a tag", `<b x${" ".repeat(many)}y${" /".repeat(many)}`, ""],
    ["accents that must change places", `q${accents.repeat(many / 30)}`, parted],
    ["accents that meet where tags were", `q${accents.replace(/./g, "$&<b>").repeat(many / 30)}`, parted],
    ["nothing but `<`", "<".repeat(many), "<".repeat(many)],
  ])("%s", (_, text, cleaned) => {
    expect(cleanText(text) === cleaned).toBe(true);
  });
});

function elementsIn(html: string): string[] {
  const names: string[] = [];
  new HTMLRewriter().on("*", { element: ({ tagName }) => void names.push(tagName) }).transform(html);
  return names;
}
