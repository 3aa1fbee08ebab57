import { z } from "zod";
import { type Actor, type Contract, type Harness, roomsFor, type Workload } from "../harness.ts";
import type { JsonSocket } from "../json-socket.ts";
import type { Item, Stay } from "../ledger.ts";
import { Poster } from "../poster.ts";
import { resumersFor, tokenInFirstFrame } from "../resumer.ts";
import type { Wire } from "../wire.ts";

const frame = z.object({ type: z.string(), event: z.string().optional(), payload: z.unknown().optional() });
const created = z.object({ guildId: z.string(), name: z.string() });

const guildOf = (room: string): string => room.slice("guild:".length);
const eventOf = ({ room, key }: Item) => ({
  type: "room.created",
  data: { guildId: guildOf(room), channelId: "c", name: `${key} `, userLimit: 0 },
});

/** How many of a room's last events a server must recognise as repeats. */
const KNOWN = 900;

/** A user who gets the events of their guilds. */
class Member implements Actor {
  readonly isDone = true;
  readonly #stays = new Map<string, Stay>();
  #socket: JsonSocket | undefined;
  #isIn = false;

  constructor(
    private readonly harness: Harness,
    readonly userId: string,
    readonly rooms: readonly string[],
    readonly wire: Wire | undefined,
    /** Items that the backend posts a second time: a member that gets one of them proves that it was lost. */
    private readonly proving: ReadonlySet<Item>,
  ) {
    for (const room of rooms) harness.ledger.open(userId, room);
  }

  get isIn(): boolean {
    return this.#isIn;
  }

  async connect(): Promise<void> {
    if (this.#socket?.isOpen) return;
    const token = await this.harness.token(this.userId, this.rooms);
    await this.harness.open(
      { wire: this.wire, path: "/api/ws" },
      {
        opened: (socket) => {
          this.#socket = socket;
          socket.send({ v: 1, type: "auth", token, ts: Date.now() });
        },
        heard: (data) => this.#hear(frame.parse(data)),
        closed: (how) => this.#closed(how),
      },
    );
  }

  disturb(): void {
    if (!this.isIn) return; // Before it is admitted, any other frame means a bad token.
    this.#socket?.send({ v: 2, type: "auth", ts: 1 });
    this.#socket?.send(new Uint8Array(1));
  }

  close(): void {
    this.#socket?.close();
    this.wire?.close();
  }

  #closed(how: string): void {
    this.harness.count(`closed ${how}`);
    for (const stay of this.#stays.values()) stay.isOpen = false;
    this.#stays.clear();
    this.#isIn = false;
  }

  #hear({ type, event, payload }: z.output<typeof frame>): void {
    const { ledger, count } = this.harness;
    if (type === "ack") {
      this.#isIn = true;
      for (const room of this.rooms) this.#stays.set(room, ledger.enter(this.userId, room, undefined));
    } else if (event === "room.created") {
      const { guildId, name } = created.parse(payload);
      const room = `guild:${guildId}`;
      const item = ledger.find(room, name);
      if (!item) return;
      if (this.proving.has(item)) ledger.faults.add("lost", `${item.key} in ${room}: new when it came again`);
      else ledger.hear(this.userId, item, this.#stays.get(room));
    } else if (type === "error") count("discord error");
  }
}

async function workload(harness: Harness, clients: number): Promise<Workload> {
  const { ledger, run } = harness;
  const rooms = Array.from({ length: roomsFor(clients) }, (_, n) => `guild:${run}-${n}`);
  const flood = { padding: 0, bytes: 300 };
  const posters = rooms.map(
    (room, n) =>
      new Poster(harness, `guild-${run}-${n}`, { protocol: "discord", room, event: eventOf, flood }),
  );
  const proving = new Set<Item>();
  const members: Member[] = [];
  for (let n = 0; n < clients; n++) {
    const own = rooms.filter(
      (_, at) => at === n % rooms.length || (n % 3 === 0 && at === (n + 1) % rooms.length),
    );
    members.push(new Member(harness, `member-${run}-${n}`, own, await harness.wire(), proving));
  }
  const eventFrame = z.object({ event: z.literal("room.created"), payload: created });
  const resumers = await resumersFor(harness, clients, rooms, (userId, room) => ({
    ...tokenInFirstFrame(harness, { userId, room, path: "/api/ws" }, (token) => ({
      v: 1,
      type: "auth",
      token,
      ts: Date.now(),
    })),
    textOf: (frame) => eventFrame.safeParse(frame).data?.payload.name,
    verdictOf: ({ event, payload }) => (event === "resumed" ? payload : undefined),
    isError: ({ type }) => type === "error",
  }));
  return {
    actors: [...posters, ...members, ...resumers],
    /** The contract has no history. An event is known to be stored if the server recognises its repeat. */
    async stored() {
      const confirmed = (room: string) =>
        [...ledger.items.values()].filter((item) => item.room === room && item.state === "confirmed");
      for (const [n, poster] of posters.entries()) {
        const known = confirmed(rooms[n] ?? "").slice(-KNOWN);
        for (const item of known) proving.add(item);
        if (known.length > 0) await poster.prove(known);
        // A member that has heard this event has heard all events before it.
        poster.send();
        while (!poster.isDone) await harness.pause(5);
      }
      return rooms.map((room) => ({ room, items: confirmed(room), derived: true }));
    },
  };
}

/** Events of guilds, from backends to members. */
export const discord: Contract = { name: "discord", workload };
