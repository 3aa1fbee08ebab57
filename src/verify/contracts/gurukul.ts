import { z } from "zod";
import type { Stored } from "../check.ts";
import { type Contract, type Harness, roomsFor, type Workload } from "../harness.ts";
import { readBack } from "../read-back.ts";
import { resumersFor } from "../resumer.ts";
import { Chatter, message, type Part, roomOf } from "./chatter.ts";
import { RemovedChat } from "./removed-chat.ts";

const batched = z.object({ type: z.literal("batch"), data: z.object({ messages: z.array(z.unknown()) }) });

async function workload(harness: Harness, clients: number): Promise<Workload> {
  const { ledger, random, run } = harness;
  const chats = Array.from({ length: roomsFor(clients) }, (_, n) => `${run}-${n}`);
  const chatOf = (n: number) => chats[n % chats.length] ?? run;
  const parts = Array.from({ length: clients }, (_, n): Part => {
    const userId = `gurukul-${run}-${n}`;
    const own = n % 3 === 0 ? [chatOf(n), chatOf(n + 1)] : [chatOf(n)];
    const [isStranger, isMember, batched] = [n % 12 === 5, n % 6 === 4, n % 6 === 1];
    const grants = isStranger ? [roomOf(`${run}-elsewhere`)] : isMember ? [] : own.map(roomOf);
    return { userId, chats: own, grants, batched, mute: batched || isMember };
  });
  const actors: Chatter[] = [];
  const members: Chatter[] = [];
  for (const part of parts) {
    const actor = new Chatter(harness, part, await harness.wire());
    actors.push(actor);
    for (const room of part.grants) ledger.open(part.userId, room);
    if (part.grants.length > 0) continue;
    members.push(actor);
    for (const room of actor.rooms) await admit(actor.userId, room);
  }

  const saidOf = z.object({ type: z.literal("message"), data: z.object({ message }) });
  const resumers = await resumersFor(harness, clients, chats.map(roomOf), (userId, room, n) => ({
    ...{ userId, room },
    endpoint: async (query) => ({
      path: `/ws?token=${await harness.token(userId, [room])}&${query}${n % 2 === 0 ? "&batch=1" : ""}`,
    }),
    hello: (socket) => {
      const data = { action: "join", chatId: room.slice("chat:".length) };
      socket.send({ type: "chat_update", data, timestamp: Date.now() });
    },
    textOf: (frame) => saidOf.safeParse(frame).data?.data.message.content,
    verdictOf: ({ type, data }) => (type === "resumed" ? data : undefined),
    batchOf: (frame) => batched.safeParse(frame).data?.data.messages,
    isError: ({ type }) => type === "error",
  }));

  async function admit(userId: string, room: string): Promise<void> {
    ledger.open(userId, room);
    // The server may be down, or its disk full, at this moment.
    for (let tries = 0; tries < 50; tries++) {
      if ((await harness.ask("PUT", `/v1/rooms/${room}/members/${userId}`, {}))?.status === 200) return;
      await harness.pause(100);
    }
  }

  async function shuffle(): Promise<void> {
    const member = members[random.whole(0, members.length - 1)];
    const [room = ""] = member?.rooms ?? [];
    if (!member) return;
    const path = `/v1/rooms/${room}/members/${member.userId}`;
    const out = await harness.ask("DELETE", path);
    if (out?.status === 204) {
      ledger.bar(member.userId, room);
      harness.count("members removed");
    }
    await harness.pause(300);
    await admit(member.userId, room);
    if (out?.status === 204) member.join(room.slice("chat:".length));
  }

  // One at a time: two at once could concern the same member, and nobody would know which came first.
  let shuffling: Promise<void> | undefined;
  let removing: Promise<void> | undefined;
  const removed = new RemovedChat(harness);
  return {
    actors: [...actors, ...resumers],
    async shuffle() {
      shuffling ??= shuffle().finally(() => {
        shuffling = undefined;
      });
      removing ??= removed.round().finally(() => {
        removing = undefined;
      });
      await Promise.all([shuffling, removing]);
    },
    async stored(): Promise<Stored[]> {
      return Promise.all(
        chats
          .map(roomOf)
          .map((room) => readBack(harness, room, message, ({ id, content }) => ({ id, text: content }))),
      );
    },
  };
}

/** Chats: tokens and memberships, batches, and users without access who try to enter. */
export const gurukul: Contract = { name: "gurukul", workload };
