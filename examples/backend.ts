/** A backend: names a chat, and lets things happen. `bun run examples/backend.ts`, beside a running server. */
import { file } from "bun";

const server = process.env["SWITCHBOARD"] ?? "http://localhost:3001";
const key = process.env["API_KEY"] ?? (await file("data/api-key").text()).trim();

async function call(method: string, path: string, body: unknown): Promise<unknown> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const answer = await fetch(server + path, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

console.log(await call("PUT", "/v1/rooms/chat:chat-1", { title: "First steps" }));

// The id makes it safe to send again: a repeat answers the same and delivers nothing.
const gift = {
  giftType: "rose",
  quantity: 3,
  sender: { userId: "u1", username: "Ada", avatar: "", isSubscriber: false, isModerator: false },
  animation: { type: "particle", duration: 3000, assetUrl: "", soundUrl: "" },
};
console.log(
  await call("POST", "/v1/hyperfocus/events", {
    ...{ room: "stream:s1", type: "gift:received", data: gift, id: "order-4711" },
  }),
);

const joined = { guildId: "1", channelId: "2", userId: "3", username: "Ada", avatar: null };
console.log(
  await call("POST", "/v1/discord/events", { room: "guild:1", type: "voice.joined", data: joined }),
);
