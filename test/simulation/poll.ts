import { z } from "zod";
import type { Stored } from "../../src/verify/check.ts";
import { type Contract, type Harness, roomsFor, type Workload } from "../../src/verify/harness.ts";
import type { JsonSocket } from "../../src/verify/json-socket.ts";
import type { Item } from "../../src/verify/ledger.ts";
import { Poster } from "../../src/verify/poster.ts";
import { resumersFor, tokenInFirstFrame } from "../../src/verify/resumer.ts";
import { CHOICES, choiceOf, type Frame, frame, pollOf, shownBy, Voter } from "./voter.ts";

const PATH = "/api/poll/ws";
const AGAIN_MS = 100;
/** Half a minute. */
const TRIES = 300;

const verdict = z.object({ until: z.number(), complete: z.boolean() });
const tally = z.object({ choice: z.string(), votes: z.number() });
/** What a tally must say, by the items before it: one vote a user, and the last one counts. */
function checkVotes(room: string, items: readonly (readonly [Item, Frame])[], harness: Harness): void {
  const votes = new Map<string, string>();
  for (const [item, { type, data }] of items) {
    if (type !== "tally") continue;
    const choice = choiceOf(item);
    votes.set(item.sender, choice);
    const count = [...votes.values()].filter((one) => one === choice).length;
    const told = tally.parse(data);
    if (told.choice !== choice || told.votes !== count)
      harness.ledger.faults.add(
        "altered",
        `${item.key} in ${room}: ${told.votes} for ${told.choice}, of ${count}`,
      );
  }
}

async function workload(harness: Harness, clients: number): Promise<Workload> {
  const { ledger, run, random } = harness;
  const rooms = Array.from({ length: roomsFor(clients) }, (_, n) => `poll:${run}-${n}`);
  // A question is asked under its key, which tells it from all others.
  const event = ({ room, key }: Item) => ({ type: "question", data: { pollId: pollOf(room), text: key } });
  const posters = rooms.map(
    (room, n) => new Poster(harness, `asker-${run}-${n}`, { protocol: "poll", room, event }),
  );
  const voters: Voter[] = [];
  for (let n = 0; n < clients; n++) {
    const userId = `voter-${run}-${n}`;
    const room = rooms[n % rooms.length] ?? "";
    const [isStranger, isInvited] = [n % 12 === 5, n % 4 === 2];
    const grants = isStranger ? [`poll:${run}-elsewhere`] : isInvited ? [] : [room];
    const voter = new Voter(harness, { userId, room, grants, isStranger });
    voters.push(voter);
    if (!isStranger) ledger.open(userId, room);
    if (isInvited) await admit(voter);
  }
  const invited = voters.filter(({ part }) => part.grants.length === 0);

  async function admit({ part: { room, userId } }: Voter): Promise<void> {
    ledger.open(userId, room);
    while ((await harness.ask("PUT", `/v1/rooms/${room}/members/${userId}`, {}))?.status !== 200)
      await harness.pause(AGAIN_MS);
  }

  const resumers = await resumersFor(harness, clients, rooms, (userId, room) => ({
    ...tokenInFirstFrame(harness, { userId, room, path: PATH }, (token) => ({ type: "auth", token })),
    textOf: (heard) => shownBy(frame.parse(heard)),
    verdictOf: ({ type, data }) => (type === "resumed" ? data : undefined),
    isError: ({ type }) => type === "error",
  }));

  /** All of a poll, as a client gets it that resumes at its beginning; undefined when its connection is lost. */
  async function readOnce(room: string): Promise<(readonly [Item, Frame])[] | undefined> {
    const token = await harness.token(`poll-reader-${run}`, [room]);
    const read = new Map<number, Frame>();
    let until: number | undefined;
    let socket: JsonSocket | undefined;
    let isClosed = false;
    await harness.open(
      { path: `${PATH}?resume=${encodeURIComponent(`${room}@0`)}` },
      {
        opened(opened) {
          socket = opened;
          socket.send({ type: "auth", token });
        },
        heard(data) {
          const heard = frame.parse(data);
          if (heard.type === "resumed") until = verdict.parse(heard.data).until;
          else if (shownBy(heard) !== undefined)
            read.set(z.object({ offset: z.number() }).parse(data).offset, heard);
        },
        closed() {
          isClosed = true;
        },
      },
    );
    const isRead = () => until !== undefined && (until === 0 || read.has(until));
    for (let tries = 0; tries < TRIES && !isClosed && !isRead(); tries++) await harness.pause(AGAIN_MS);
    const isComplete = isRead();
    socket?.close();
    if (!isComplete) return undefined;
    const found = [...read].sort(([one], [other]) => one - other).map(([, heard]) => heard);
    return found.flatMap((heard) => {
      const item = ledger.find(room, shownBy(heard) ?? "");
      return item ? [[item, heard] as const] : [];
    });
  }

  /** One who may votes for everything, so that each vote that counts is told once more. */
  async function recount(room: string): Promise<void> {
    const voter = voters.findLast(({ part }) => part.room === room && part.grants.includes(room));
    for (const _ of CHOICES) voter?.send();
    while (voter?.isDone === false) await harness.pause(AGAIN_MS);
  }

  async function read(room: string): Promise<Stored> {
    await recount(room);
    for (;;) {
      const found = await readOnce(room);
      if (!found) continue;
      checkVotes(room, found, harness);
      return { room, items: found.map(([item]) => item) };
    }
  }

  /** A backend takes a member out of a poll, and back in. Nothing on the wire says so, so the member connects again. */
  async function shuffle(): Promise<void> {
    const voter = invited[random.whole(0, invited.length - 1)];
    if (!voter) return;
    const { room, userId } = voter.part;
    voter.isMember = false;
    voter.close();
    const out = await harness.ask("DELETE", `/v1/rooms/${room}/members/${userId}`);
    if (out?.status === 204) {
      ledger.bar(userId, room);
      harness.count("voters removed");
    }
    await harness.pause(300);
    await admit(voter);
    voter.isMember = true;
    voter.close();
  }

  let shuffling: Promise<void> | undefined;
  return {
    actors: [...posters, ...voters, ...resumers],
    shuffle: () =>
      (shuffling ??= shuffle().finally(() => {
        shuffling = undefined;
      })),
    stored: () => Promise.all(rooms.map(read)),
  };
}

/** The polls of docs/adding-a-contract.md: backends ask, users vote, everybody sees the result. */
export const polls: Contract = { name: "poll", workload };
