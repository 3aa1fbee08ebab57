import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { type ChildServer, startChild } from "../support/child.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { API_KEY } from "../support/server.ts";
import { exampleBackends } from "./backends.ts";

setDefaultTimeout(60_000);

const ROUNDS = 4;
const MEALS = 25;
const headers = { authorization: `Bearer ${API_KEY}` };
const directory = temporaryDirectory();
const { atEnd, startBackend } = exampleBackends();

async function startServer(port = "0"): Promise<ChildServer> {
  const server = await startChild({ directory, env: { WS_PORT: port } });
  atEnd(() => server.kill());
  return server;
}

const startDietBackend = (url: string) =>
  startBackend("diet-backend", { SWITCHBOARD: url, API_KEY, XP_DATABASE: join(directory, "xp.db") });

async function eat(url: string, round: number): Promise<void> {
  const meals = Array.from({ length: MEALS }, (_, index) => ({
    user: "mia",
    type: "meal.logged",
    id: `meal-${round}-${index}`,
    data: {
      ...{ mealId: `${round}-${index}`, userId: "mia", mealType: "snack", mealName: "Apple" },
      ...{ calories: 80, loggedAt: "2026-03-02T08:30:00.000Z" },
    },
  }));
  const body = JSON.stringify(meals);
  const answer = await fetch(`${url}/v1/diet/events`, { method: "POST", headers, body });
  expect(await answer.json()).toMatchObject({ accepted: MEALS });
}

interface Page {
  events: { data: { newLevel: number } }[];
  next: string;
}

/** Resolves to the levels that the feed has, in order, as soon as it has this one. */
async function levelsUpTo(url: string, level: number): Promise<number[]> {
  const levels: number[] = [];
  for (let after = "0"; !levels.includes(level); ) {
    const query = `protocol=diet&kind=level.up&wait=30&after=${after}`;
    const page = (await (await fetch(`${url}/v1/feed?${query}`, { headers })).json()) as Page;
    levels.push(...page.events.map(({ data }) => data.newLevel));
    after = page.next;
  }
  return levels;
}

test("each meal counts once and each level-up is stored once, through kill -9 of the backend and of the server", async () => {
  let server = await startServer();
  const url = `http://127.0.0.1:${server.port}`;
  let killBackend = startDietBackend(url);
  for (let round = 1; round <= ROUNDS; round++) {
    await eat(url, round);
    // The first level of this round is there; the others are on their way.
    await levelsUpTo(url, ((round - 1) * MEALS) / 5 + 2);
    if (round % 2 === 0) {
      const { port } = server;
      await server.kill();
      server = await startServer(String(port));
    } else {
      await killBackend();
      killBackend = startDietBackend(url);
    }
  }
  const last = (ROUNDS * MEALS) / 5 + 1;
  expect(await levelsUpTo(url, last)).toEqual(Array.from({ length: last - 1 }, (_, index) => index + 2));
  // It still writes that the last level-up is posted; what it leaves half written is rolled back here.
  await killBackend();
  using xp = new Database(join(directory, "xp.db"));
  expect(xp.query("SELECT user, total FROM xp").values()).toEqual([["mia", ROUNDS * MEALS * 10]]);
});
