/**
 * Redacts messages by a word list: `bun run examples/moderator/backend.ts`, beside a running server.
 * It misses no message, also when it or the server is killed and starts again.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { file, sleep } from "bun";

const server = process.env["SWITCHBOARD"] ?? "http://localhost:3001";
const key = process.env["API_KEY"] ?? (await file("data/api-key").text()).trim();
const headers = { authorization: `Bearer ${key}` };
const wordList = process.env["WORDS"] ?? join(import.meta.dir, "words.txt");
const placeFile = process.env["PLACE"] ?? "moderator-place.txt";

const words = readFileSync(wordList, "utf8")
  .split("\n")
  .map((line) => line.trim())
  .filter((line) => line !== "" && !line.startsWith("#"));
if (words.length === 0)
  throw new Error(`${wordList}: must hold at least one word, each on a line of its own`);
const escaped = words.map((word) => word.normalize("NFKC").replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
/** Whole words only: "ass" is no part of "class". */
const forbidden = new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join("|")})(?![\\p{L}\\p{N}])`, "iu");

interface Message {
  id: string;
  content: string;
}
interface Page {
  /** Gurukul has the message in a member of its own, atomic is the message. */
  events: { room: string; data: Message | { message: Message } }[];
  next: string;
}

/** Resolves to the answer. Asks again while the server cannot be reached or fails. */
async function ask(path: string, method = "GET"): Promise<Response> {
  for (;;) {
    const answer = await fetch(server + path, { method, headers }).catch(() => undefined);
    if (answer && answer.status < 500) return answer;
    await sleep(200);
  }
}

async function moderate({ room, data }: Page["events"][number]): Promise<void> {
  const { id, content } = "message" in data ? data.message : data;
  if (!forbidden.test(content.normalize("NFKC"))) return;
  const path = `/v1/rooms/${encodeURIComponent(room)}/messages/${encodeURIComponent(id)}`;
  const answer = await ask(path, "DELETE");
  // 404: the room or the message was removed meanwhile.
  if (!answer.ok && answer.status !== 404)
    throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  console.log(`${room} ${id} was redacted`);
}

let place = existsSync(placeFile) ? readFileSync(placeFile, "utf8") : "0";
for (;;) {
  const answer = await ask(`/v1/feed?room=chat:*&room=context:*&kind=message&wait=30&after=${place}`);
  if (answer.status === 410) {
    // Retention has removed the events in between, and nobody can read them any more.
    place = ((await answer.json()) as { oldest: string }).oldest;
    continue;
  }
  if (!answer.ok) throw new Error(`the feed: ${answer.status} ${await answer.text()}`);
  const { events, next } = (await answer.json()) as Page;
  for (const event of events) await moderate(event);
  place = next;
  // The place is kept after the redactions: a crash in between repeats them, and a repeat changes nothing.
  writeFileSync(`${placeFile}.new`, place);
  renameSync(`${placeFile}.new`, placeFile);
}
