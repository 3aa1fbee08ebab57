import { expect, test } from "bun:test";
import fc from "fast-check";
import { z } from "zod";
import { events as dietEvents } from "../../src/protocols/diet/schema.ts";
import { exampleOf } from "../protocols/diet/variants.ts";
import type { Frame } from "../support/client.ts";
import { contractOf } from "../support/contracts.ts";
import { AT, endpoints, sayAll } from "../support/endpoints.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";
import { anyFrom, patience, runs, seed } from "./mutations.ts";

const server = stopAfterAll(
  await startTestServer({ env: { LOG_LEVEL: "trace", MAX_GIFTS_PER_SECOND: "0" } }),
);

const message = {
  id: "m",
  chatId: "a",
  userId: "u",
  content: "Hello",
  role: "user",
  timestamp: AT,
  metadata: { a: 1 },
};
const sender = { userId: "u1", username: "Ada", avatar: "", isSubscriber: false, isModerator: false };
const animation = { type: "particle", duration: 3000, assetUrl: "", soundUrl: "" };
const goal = { type: "gifts", target: 10, current: 1, description: "Ten" };
const inRoom = (room: string, type: string, data: Frame): Frame => ({ room, type, data, id: "e-1" });
const posts: Readonly<Record<string, readonly Frame[]>> = {
  gurukul: [
    inRoom("chat:a", "message", { chatId: "a", message }),
    inRoom("chat:a", "typing", { chatId: "a", userId: "u", isTyping: true }),
    {
      user: "ada",
      type: "read_receipt",
      data: { chatId: "a", messageIds: ["m"], userId: "u", confirmed: true },
    },
    { everyone: true, type: "typing", data: { chatId: "a", userId: "u", isTyping: true } },
  ],
  atomic: [
    inRoom("context:a", "message", {
      content: "Hello",
      author: "School",
      authorId: "u",
      messageType: "text",
    }),
    inRoom("context:a", "metric_update", { metric: "mood", value: 0.5, timestamp: AT }),
  ],
  discord: [
    inRoom("guild:a", "voice.joined", {
      guildId: "a",
      channelId: "c",
      userId: "u",
      username: "Ada",
      avatar: null,
    }),
    inRoom("guild:a", "room.created", { guildId: "a", channelId: "c", name: "Den", userLimit: 0 }),
  ],
  hyperfocus: [
    inRoom("stream:a", "gift:received", { giftType: "rose", quantity: 2, totalValue: 5, sender, animation }),
    inRoom("stream:a", "stream:status", { isLive: true, startedAt: AT, currentGoal: goal }),
  ],
  diet: Object.entries(dietEvents).map(([type, schema]) => ({
    user: "u1",
    type,
    data: exampleOf(schema),
    id: "e-1",
  })),
};

const bodies: readonly (readonly [method: string, path: string, values: readonly unknown[]])[] = [
  ...Object.entries(posts).map(
    ([name, events]) => ["POST", `/v1/${name}/events`, [...events, events, [...events, ...events]]] as const,
  ),
  ["PUT", "/v1/rooms/chat:a", [{ title: "A", open: true }, { open: false }]],
  ["PUT", "/v1/rooms/chat:a/members/ada", [{ role: "reader" }, {}]],
];

const problem = z.strictObject({
  ...{ type: z.literal("about:blank"), title: z.string(), detail: z.string().min(1) },
  status: z.int().min(400).max(599),
  errors: z
    .array(z.strictObject({ path: z.string(), message: z.string().min(1) }))
    .max(100)
    .optional(),
});

async function ask(method: string, path: string, body?: string | Uint8Array<ArrayBuffer>): Promise<Response> {
  const headers = { authorization: `Bearer ${API_KEY}` };
  return fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    headers,
    ...(body !== undefined && { body }),
  });
}

async function expectAnswer(answer: Response, statuses: readonly number[]): Promise<void> {
  expect(statuses).toContain(answer.status);
  if (answer.status === 204 || answer.status === 426) return;
  // A path may be that of a page.
  if (answer.ok && answer.headers.get("content-type")?.startsWith("text/")) return;
  const body: unknown = await answer.json();
  if (answer.status >= 400) expect(problem.safeParse(body).error).toBeUndefined();
}

test.each(bodies)(
  `%s %s answers any body with success or a problem (seed ${seed})`,
  async (method, path, values) => {
    await fc.assert(
      fc.asyncProperty(anyFrom(values), async (body) => {
        await expectAnswer(await ask(method, path, body), [200, 400, 404, 409, 415]);
      }),
      { numRuns: runs * 3, seed },
    );
  },
  patience,
);

const part = fc.oneof(
  fc.constantFrom(
    "v1",
    "rooms",
    "users",
    "connections",
    "messages",
    "members",
    "events",
    "chat:a",
    "gurukul",
    "ada",
    "..",
    "",
  ),
  fc.string({ unit: "binary", maxLength: 20 }).map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom("%", "%00", "%ff", "%2e%2e", "__proto__", "chat:%F0%9F%98%80", "*", "chat:*"),
);
const query = fc.dictionary(
  fc.constantFrom("limit", "before", "after", "__proto__", "x"),
  fc.oneof(
    fc.constantFrom("0", "1", "1000", "1001", "-1", "1e3", "NaN", "", AT, "m"),
    fc.string({ maxLength: 20 }),
  ),
);

test(
  `any path is answered, with success or a problem (seed ${seed})`,
  async () => {
    const methods = fc.constantFrom("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS");
    await fc.assert(
      fc.asyncProperty(methods, fc.array(part, { maxLength: 6 }), query, async (method, parts, asked) => {
        const search = new URLSearchParams();
        for (const [key, value] of Object.entries(asked)) search.append(key, value.toWellFormed());
        const answer = await ask(method, `/v1/${parts.join("/")}?${search}`);
        if (method === "HEAD") expect(answer.status).toBeLessThan(500);
        else await expectAnswer(answer, [200, 202, 204, 400, 404, 405]);
      }),
      { numRuns: runs * 5, seed },
    );
  },
  patience,
);

test("afterwards clients can still connect, and hear nothing but their contract", async () => {
  for (const endpoint of endpoints) {
    const check = contractOf(endpoint.protocol);
    const client = await endpoint.enter(server, "u1");
    await sayAll(endpoint, client, []);
    for (const frame of client.frames) check(frame);
    client.close();
  }
  expect(server.lines.filter((line) => /"level":[56]0/.test(line))).toEqual([]);
});
