import { z } from "zod";
import type { Stored } from "../check.ts";
import { type Actor, type Contract, type Harness, roomsFor, type Workload } from "../harness.ts";
import type { JsonSocket } from "../json-socket.ts";
import type { Item, Stay } from "../ledger.ts";
import { Poster } from "../poster.ts";
import { readBack } from "../read-back.ts";
import { resumersFor } from "../resumer.ts";
import type { Wire } from "../wire.ts";

const frame = z.object({ type: z.string(), payload: z.unknown().optional() });
const gift = z.object({ giftId: z.string() });
const error = z.object({ code: z.string() });
const ping = z.object({ sequence: z.number() });

/** The contract wants an answer within two intervals. */
const pongOf = (payload: unknown) => ({
  timestamp: new Date().toISOString(),
  sequence: ping.parse(payload).sequence,
  stats: { latency: 0, memory: 0, queueSize: 0 },
});

const eventOf = ({ key, padding }: Item) => ({
  type: "gift:received",
  data: {
    // Each gift has a sender of its own, so that the server merges no two of them.
    ...{ giftId: key, giftType: "rose", quantity: 1 },
    sender: { userId: key, username: "Ada", avatar: "", isSubscriber: false, isModerator: false },
    animation: { type: "particle", duration: 3_000, assetUrl: "x".repeat(padding), soundUrl: "" },
  },
});

const SHOWN_TRIES = 5;
const SHOWN_MS = 1_000;
const PROTOCOL = "hyperfocus-protocol-v1";

type Role = "viewer" | "host" | "stranger";

/**
 * A client that watches a stream. A host acknowledges its gifts, and is sent again those that it did not
 * acknowledge.
 */
class Watcher implements Actor {
  readonly rooms: readonly string[];
  readonly isDone = true;
  /** Everything that it ever heard. */
  readonly heard = new Set<Item>();
  /** When it was admitted for the first time, in ticks. */
  firstIn: number | undefined;
  #socket: JsonSocket | undefined;
  #stay: Stay | undefined;

  constructor(
    private readonly harness: Harness,
    readonly userId: string,
    private readonly room: string,
    readonly role: Role,
    readonly wire: Wire | undefined,
  ) {
    this.rooms = [room];
    if (role !== "stranger") harness.ledger.open(userId, room);
  }

  get isIn(): boolean {
    return this.#socket?.isOpen === true && (this.#stay !== undefined || this.role === "stranger");
  }

  async connect(): Promise<void> {
    if (this.#socket?.isOpen) return;
    const { harness, role, room, userId } = this;
    const grant = role === "host" ? room : `${room}-elsewhere`;
    const query = role === "viewer" ? "" : `?token=${await harness.token(userId, [grant])}`;
    await harness.open(
      { wire: this.wire, path: `/ws${query}`, protocols: [PROTOCOL] },
      {
        opened: (socket) => {
          this.#socket = socket;
          const clientType = role === "viewer" ? "viewer" : "host";
          const streamId = room.slice("stream:".length);
          const init = { clientId: userId, streamId, clientType, capabilities: [], version: "1.0.0" };
          this.#send("connection:init", init);
        },
        heard: (data) => this.#hear(frame.parse(data)),
        closed: (how) => this.#closed(how),
      },
    );
  }

  disturb(): void {
    this.#socket?.send("null");
    this.#socket?.send(new Uint8Array(3));
    this.#send("gift:ack", { giftId: 7 });
  }

  close(): void {
    this.#socket?.close();
    this.wire?.close();
  }

  #send(type: string, payload: unknown): void {
    this.#socket?.send({ type, payload, timestamp: new Date().toISOString() });
  }

  #closed(how: string): void {
    this.harness.count(`closed ${how}`);
    if (this.#stay) this.#stay.isOpen = false;
    this.#stay = undefined;
  }

  #hear({ type, payload }: z.output<typeof frame>): void {
    const { ledger, count } = this.harness;
    if (type === "connection:ack") {
      this.#stay = ledger.enter(this.userId, this.room, undefined, this.role === "host");
      this.firstIn ??= this.#stay.since;
    } else if (type === "heartbeat:ping") {
      this.#send("heartbeat:pong", pongOf(payload));
    } else if (type === "gift:received") {
      const { giftId } = gift.parse(payload);
      const item = ledger.find(this.room, `${giftId} `);
      if (!item) return;
      ledger.hear(this.userId, item, this.#stay);
      this.heard.add(item);
      const receivedAt = new Date().toISOString();
      if (this.role === "host") this.#send("gift:ack", { giftId, receivedAt, rendered: true, error: null });
    } else if (type === "error") {
      count(`hyperfocus error ${error.parse(payload).code}`);
      // Its entry was not stored, so it connects again.
      if (!this.isIn) this.#socket?.close();
    }
  }
}

async function workload(harness: Harness, clients: number): Promise<Workload> {
  const { run } = harness;
  // One stream has hosts. It is not flooded: a host that missed gifts is sent only as many as fit into a
  // frame.
  const rooms = Array.from({ length: roomsFor(clients) }, (_, n) => `stream:${run}-${n}`);
  const [hosted = ""] = rooms;
  const posters = rooms.map(
    (room, n) =>
      new Poster(harness, `gifts-${run}-${n}`, {
        ...{ protocol: "hyperfocus", room, event: eventOf },
        ...(room !== hosted && { flood: { padding: 1_500, bytes: 1_900 } }),
      }),
  );
  const watchers: Watcher[] = [];
  for (let n = 0; n < clients; n++) {
    const room = rooms[n % rooms.length] ?? "";
    const role = n % 12 === 5 ? "stranger" : room === hosted && n % 2 === 0 ? "host" : "viewer";
    watchers.push(new Watcher(harness, `watcher-${run}-${n}`, room, role, await harness.wire()));
  }
  const giftFrame = z.object({ type: z.literal("gift:received"), payload: gift });
  const resumers = await resumersFor(harness, clients, rooms, (userId, room) => ({
    ...{ userId, room },
    endpoint: async (query) => ({ path: `/ws?${query}`, protocols: [PROTOCOL] }),
    hello: (socket) => {
      const streamId = room.slice("stream:".length);
      const payload = {
        clientId: userId,
        streamId,
        clientType: "viewer",
        capabilities: [],
        version: "1.0.0",
      };
      socket.send({ type: "connection:init", payload, timestamp: new Date().toISOString() });
    },
    textOf: (frame) => {
      const { data } = giftFrame.safeParse(frame);
      return data && `${data.payload.giftId} `;
    },
    verdictOf: ({ type, payload }) => (type === "resumed" ? payload : undefined),
    answerTo: ({ type, payload }) =>
      type === "heartbeat:ping"
        ? { type: "heartbeat:pong", payload: pongOf(payload), timestamp: new Date().toISOString() }
        : undefined,
    isError: ({ type }) => type === "error",
  }));
  const show = ({ giftId }: z.output<typeof gift>) => ({ id: giftId, text: `${giftId} ` });
  /** A gift that waits for the pace is stored already but not yet part of the history. */
  async function read(room: string): Promise<Stored> {
    for (let tries = 0; ; tries++) {
      const stored = await readBack(harness, room, gift, show);
      const shown = new Set(stored.items);
      const isMissing = (item: Item) => item.room === room && item.state === "confirmed" && !shown.has(item);
      if (tries === SHOWN_TRIES || ![...harness.ledger.items.values()].some(isMissing)) return stored;
      await harness.pause(SHOWN_MS);
    }
  }
  return {
    actors: [...posters, ...watchers, ...resumers],
    stored: () => Promise.all(rooms.map(read)),
    check(stored, faults) {
      const gifts = stored.find(({ room }) => room === hosted)?.items ?? [];
      for (const { userId, role, firstIn, heard, isIn } of watchers) {
        if (role !== "host" || firstIn === undefined || !isIn) continue;
        const missed = gifts.filter((item) => item.sentAt > firstIn && !heard.has(item));
        if (missed.length > 0) {
          const what = `${userId} was never sent ${missed[0]?.key}, however often it came back`;
          faults.add("gap", what, missed.length);
        }
      }
    },
  };
}

/** Gifts of streams, from backends to viewers and hosts. */
export const hyperfocus: Contract = { name: "hyperfocus", workload };
