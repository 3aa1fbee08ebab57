import type { z } from "zod";
import { type Contract, type Harness, roomsFor, type Workload } from "../harness.ts";
import type { JsonSocket } from "../json-socket.ts";
import { Author, frame, joined, PATH } from "./author.ts";
import { Session } from "./session.ts";

/** A running server may limit the connections of an address: to 10 a minute by default, so that one more gets in every 6 s. */
const RETRY_MS = 6_000;
const ATTEMPTS = 15;

async function workload(harness: Harness, clients: number): Promise<Workload> {
  const { ledger, run } = harness;
  const count = Math.ceil(roomsFor(clients) / 2);
  const sessions = Array.from({ length: count }, (_, n) => new Session(`session:${run}-${n}`, ledger.faults));
  const outcomes = new Map(sessions.map((session) => [session, new Map<string, boolean>()]));
  const actors: Author[] = [];
  for (let n = 0; n < clients; n++) {
    const userId = `author-${run}-${n}`;
    const session = sessions[n % sessions.length]!;
    const grant = n % 12 === 5 ? `session:${run}-elsewhere` : session.room;
    ledger.open(userId, grant);
    actors.push(new Author(harness, userId, session, [grant], await harness.wire(), outcomes.get(session)!));
  }

  /** The document as a new participant gets it. Throws when the server lets nobody in for over a minute. */
  async function read(session: Session): Promise<z.output<typeof joined>> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (attempt > 1) await harness.pause(RETRY_MS);
      const document = await joinAndLeave(session);
      if (document) return document;
    }
    throw new Error(
      `the document of ${session.room} cannot be read: the server refused ${ATTEMPTS} connections`,
    );
  }

  async function joinAndLeave({ id, room }: Session): Promise<z.output<typeof joined> | undefined> {
    const token = await harness.token(`reader-${run}`, [room]);
    const document = Promise.withResolvers<z.output<typeof joined> | undefined>();
    let reader: JsonSocket | undefined;
    void harness.open(
      { wire: undefined, path: `${PATH}?token=${token}` },
      {
        opened(socket) {
          reader = socket;
          socket.send({ type: "join_session", data: { sessionId: id, role: "observer" } });
        },
        heard(data) {
          const { type, data: body } = frame.parse(data);
          if (type === "session_joined") document.resolve(joined.parse(body));
        },
        closed: () => document.resolve(undefined),
      },
    );
    try {
      return await document.promise;
    } finally {
      reader?.close();
    }
  }

  return {
    actors,
    async stored() {
      for (const session of sessions) {
        const { content, version } = await read(session);
        session.saw("a reader", version, content);
        const words = Map.groupBy(content.split(/(?<= )/).filter(Boolean), (word) => word);
        for (const [word, isThere] of outcomes.get(session)!) {
          const times = words.get(word)?.length ?? 0;
          const what = `${word}in ${session.room}`;
          if (times > 1) ledger.faults.add("twice", `${what}: there ${times} times`);
          if (isThere !== times > 0) {
            ledger.faults.add(
              "lost",
              `${what}: confirmed ${isThere ? "and not there" : "as taken away, and there"}`,
            );
          }
        }
        for (const word of words.keys()) ledger.find(session.room, word);
        for (const author of actors) {
          if (author.isIn && author.rooms[0] === session.room && author.version !== version) {
            ledger.faults.add("gap", `${author.userId} is at version ${author.version} of ${version}`);
          }
        }
      }
      return [];
    },
    check(_, faults) {
      const rooms = new Set(sessions.map(({ room }) => room));
      for (const item of ledger.items.values()) {
        if (rooms.has(item.room) && item.state === "waiting")
          faults.add("unanswered", `${item.key} in ${item.room}`);
      }
    },
  };
}

/** Documents that are edited together. */
export const collaboration: Contract = { name: "collaboration", workload };
