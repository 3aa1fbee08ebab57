/**
 * Grants XP for meals: `bun run examples/diet-backend/backend.ts`, beside a running server.
 * Each meal counts once and each level-up is shown once, even if either side is killed and starts again.
 */
import { Database } from "bun:sqlite";
import { file, sleep } from "bun";

const server = process.env["SWITCHBOARD"] ?? "http://localhost:3001";
const key = process.env["API_KEY"] ?? (await file("data/api-key").text()).trim();
const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
const XP_PER_MEAL = 10;
const XP_PER_LEVEL = 50;

interface Page {
  events: { time: string; data: { userId: string } }[];
  next: string;
}

const db = new Database(process.env["XP_DATABASE"] ?? "xp.db");
db.run("CREATE TABLE IF NOT EXISTS place (id INTEGER PRIMARY KEY, position TEXT)");
db.run("CREATE TABLE IF NOT EXISTS xp (user TEXT PRIMARY KEY, total INTEGER)");
db.run("CREATE TABLE IF NOT EXISTS outbox (id TEXT PRIMARY KEY, post TEXT)");

/** The XP, the level-ups that are still to be posted, and the position are committed together, or none of them. */
const take = db.transaction(({ events, next }: Page) => {
  for (const { time, data } of events) grant(data.userId, time);
  db.run("INSERT OR REPLACE INTO place VALUES (1, ?)", [next]);
});

function grant(userId: string, leveledUpAt: string): void {
  const { total } = db
    .query<{ total: number }, [string, number]>(
      "INSERT INTO xp VALUES (?1, ?2) ON CONFLICT DO UPDATE SET total = total + ?2 RETURNING total",
    )
    .get(userId, XP_PER_MEAL) ?? { total: 0 };
  if (total % XP_PER_LEVEL !== 0) return;
  const newLevel = total / XP_PER_LEVEL + 1;
  const data = {
    ...{ userId, previousLevel: newLevel - 1, newLevel, leveledUpAt },
    ...{ xpEarned: XP_PER_MEAL, totalXP: total, xpToNext: XP_PER_LEVEL },
    rewards: { coins: 100, achievements: [], items: [] },
  };
  const id = `level-${newLevel}`;
  db.run("INSERT INTO outbox VALUES (?, ?)", [
    `${userId} ${id}`,
    JSON.stringify({ user: userId, type: "level.up", data, id }),
  ]);
}

/** Resolves to the answer. A server that is away is asked again; one that refuses ends the program. */
async function ask(path: string, init: RequestInit = {}): Promise<unknown> {
  for (;;) {
    try {
      const answer = await fetch(server + path, { ...init, headers });
      if (answer.ok) return await answer.json();
      if (answer.status < 500) throw new Refused(`${path}: ${answer.status} ${await answer.text()}`);
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    await sleep(200);
  }
}

class Refused extends Error {}

for (;;) {
  // A crash between the answer and the DELETE posts the same id again: the server shows it once.
  for (const { id, post } of db.query<{ id: string; post: string }, []>("SELECT * FROM outbox").all()) {
    await ask("/v1/diet/events", { method: "POST", body: post });
    db.run("DELETE FROM outbox WHERE id = ?", [id]);
  }
  const place = db.query<{ position: string }, []>("SELECT position FROM place").get();
  const query = `protocol=diet&kind=meal.logged&wait=30&after=${place?.position ?? "0"}`;
  take((await ask(`/v1/feed?${query}`)) as Page);
}
