// What the fields of the contract take, and what they must refuse.

export interface Field {
  readonly optional?: true;
  readonly right: readonly unknown[];
  readonly wrong: readonly unknown[];
}

export const MAX_CONTENT = 60;

const LONE_SURROGATE = "a\ud800b";
const NO_STRINGS = [null, 7, true, {}, ["a"]];
const NO_NUMBERS = [null, "7", true, {}, Number.NaN, Number.POSITIVE_INFINITY];

const field = (right: readonly unknown[], ...wrong: readonly unknown[]): Field => ({ right, wrong });
export const optional = (it: Field): Field => ({ ...it, optional: true });
export const texts = (least: number, most: number) =>
  field(
    ["é <b>&", "x".repeat(most), "x".repeat(least)],
    ...NO_STRINGS,
    LONE_SURROGATE,
    "x".repeat(most + 1),
    ...(least > 0 ? [""] : []),
  );

const visible = (most: number) =>
  field(
    ["a:b", "x".repeat(most)],
    ...NO_STRINGS,
    LONE_SURROGATE,
    "",
    "a b",
    "a\n",
    "*",
    "\u3164\u2800",
    "x".repeat(most + 1),
  );
export const id = visible(128);
export const conversationId = visible(260);
export const time = field(
  ["2026-03-02T07:30:00Z", "2028-02-29T23:59:59.123+02:00"],
  ...NO_STRINGS,
  "",
  "yesterday",
  "2026-03-02",
  "2026-03-02T07:30:00",
  "2026-02-29T07:30:00Z",
  "2026-13-02T07:30:00Z",
  "2026-03-02T24:30:00Z",
  `2026-03-02T07:30:00.${"0".repeat(30)}Z`,
);
export const name = texts(1, 200);
export const short = texts(0, 200);
export const long = texts(0, 1_000);
export const word = texts(1, 64);
/** As it is sent. Characters, not UTF-16 units. */
export const content = { ...texts(1, MAX_CONTENT), right: ["x", "🥗".repeat(MAX_CONTENT)] };
/** As it is kept. */
export const stored = field(["", "x".repeat(3 * MAX_CONTENT)], ...NO_STRINGS, LONE_SURROGATE);
export const boolean = field([true, false], null, 1, "true", {});
/** Of what clients send. */
export const no = field([false], null, true, 0, "false", {});
export const count = field(
  [0, 1, Number.MAX_SAFE_INTEGER],
  ...NO_NUMBERS,
  -1,
  1.5,
  Number.MAX_SAFE_INTEGER + 1,
);
export const quantity = field([0, 0.5, 1e9], ...NO_NUMBERS, -0.5, 1e9 + 1);
export const between = (least: number, most: number) =>
  field([least, most, (least + most) / 2], ...NO_NUMBERS, least - 0.001, most + 0.001);
export const percent = between(0, 100);
const otherCase = (text: string) => (text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase());
export const oneOf = (...words: string[]) =>
  field(words, ...NO_STRINGS, "", "other", ...words.map(otherCase));
export const list = (one: unknown, most: number) =>
  field([[], Array(most).fill(one)], null, {}, one, [null], Array(most + 1).fill(one));
export const object = field([], null, 7, "x", []);
const webUrls = ["https://a.example/b?c=d#e", "HTTP://a.example"];
const noUrls = [
  ...NO_STRINGS,
  "",
  "a",
  "javascript:alert(1)",
  "data:text/html,x",
  "ftp://a.example",
  "https:a.example",
  " https://a.example",
  "https://a.exa\nmple",
  "https://",
  "https://a.example:99999",
  `https://a.example/${LONE_SURROGATE}`,
  `https://a.example/${"x".repeat(2_048)}`,
];
export const url = field(webUrls, ...noUrls, "/a");
export const link = field(
  [...webUrls, "/", "/a/b?c"],
  ...noUrls,
  "//a.example",
  "/\\a.example",
  "/a b",
  `/${"x".repeat(2_048)}`,
);
export const anything = field([null, 7, "x", [1], { a: 1 }]);
export const token = field(["x"], ...NO_STRINGS, "");
export const publicKey = field(
  [`${"A".repeat(43)}=`],
  ...NO_STRINGS,
  LONE_SURROGATE,
  "",
  "A".repeat(44),
  `${"A".repeat(42)}==`,
  `${"-".repeat(43)}=`,
  `${"A".repeat(44)}=`,
);
