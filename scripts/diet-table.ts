import { resolve } from "node:path";
import { catalogue } from "../src/protocols/diet/catalogue.ts";

// Prints diet's access table into its page: `bun run scripts/diet-table.ts`.
export const PAGE = resolve(import.meta.dir, "../docs/diet.md");
const START =
  "<!-- access table: from src/protocols/diet/catalogue.ts by `bun run scripts/diet-table.ts` -->";
const END = "<!-- end of the access table -->";

const FROM = { client: "clients, backends", backend: "backends", server: "the server" };
const TO = {
  own: "the user's own connections",
  friends: "the user's friends and own connections",
  both: "both users",
  conversation: "the others of the conversation",
  group: "the group",
  everyone: "everyone",
  connection: "the connection it is about",
};

function table(): string {
  const rows = Object.entries(catalogue).map(
    ([type, { from, user, to }]) =>
      `| \`${type}\` | ${FROM[from]} | ${user ? `\`${user}\`` : ""} | ${TO[to]} |`,
  );
  return ["| type | who may send it | whose it is | who receives it |", "|---|---|---|---|", ...rows].join(
    "\n",
  );
}

/** The page with the table of the source between its two marks. */
export function withTable(page: string): string {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start)
    throw new Error(`${PAGE} has lost the marks of its table: ${START} and ${END}`);
  return `${page.slice(0, start)}${START}\n${table()}\n${page.slice(end)}`;
}

if (import.meta.main) await Bun.write(PAGE, withTable(await Bun.file(PAGE).text()));
