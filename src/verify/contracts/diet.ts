import { z } from "zod";
import { type Actor, type Contract, type Harness, roomsFor, type Workload } from "../harness.ts";
import type { JsonSocket } from "../json-socket.ts";
import { type Item, type Stay, textOf } from "../ledger.ts";
import { Outbox } from "../outbox.ts";
import { readBack } from "../read-back.ts";
import { resumersFor, tokenInFirstFrame } from "../resumer.ts";
import type { Wire } from "../wire.ts";

const frame = z.object({
  type: z.string(),
  id: z.string().optional(),
  success: z.boolean().optional(),
  error: z.object({ code: z.string() }).optional(),
  data: z.unknown().optional(),
});
const READ_PAUSE_MS = 100;
/** Half a minute, which is less than the simulation waits. */
const READ_TRIES = 300;
const grouped = z.object({ groupId: z.string(), fromUserId: z.string(), content: z.string() });
const direct = z.object({ toUserId: z.string(), content: z.string() });
const stored = z.object({ id: z.string(), data: grouped });

const GROUP = "group:";
/** The room of a user's direct messages, as the feed names it. */
const inboxOf = (userId: string): string => `diet-user:${userId}`;

/**
 * One in this many of a user's messages is a direct message. Nobody reads them, so all of them are delivered
 * again on each connection.
 */
const DIRECT_EVERY = 40;
/** Characters of each message of a flood. */
const LONG = 8_000;

interface Part {
  readonly userId: string;
  readonly group: string;
  readonly friend: string;
  /** The rooms that the token opens. */
  readonly grant: string;
}

/**
 * A user in a group, with an inbox. A message is answered under its id, in order among the events; only the
 * others get it as an event.
 */
class User implements Actor {
  readonly rooms: readonly string[];
  readonly flood?: () => void;
  readonly #outbox: Outbox;
  #socket: JsonSocket | undefined;
  #group: Stay | undefined;
  #inbox: Stay | undefined;
  #said = 0;

  constructor(
    private readonly harness: Harness,
    private readonly part: Part,
    readonly wire: Wire | undefined,
  ) {
    this.rooms = [part.group];
    this.#outbox = new Outbox(harness.ledger, part.userId, (item) => this.#transmit(item));
    if (part.grant !== part.group) return;
    this.flood = () => {
      for (let sent = 0; sent < harness.floodBytes; sent += LONG) this.#outbox.send(part.group, LONG);
    };
  }

  get userId(): string {
    return this.part.userId;
  }

  get isIn(): boolean {
    return this.#inbox !== undefined;
  }

  get isDone(): boolean {
    return this.#outbox.isEmpty;
  }

  async connect(): Promise<void> {
    if (this.#socket?.isOpen) return;
    const { userId, grant } = this.part;
    const token = await this.harness.token(userId, [grant]);
    await this.harness.open(
      { wire: this.wire, path: "/api/diet/ws" },
      {
        opened: (socket) => {
          this.#socket = socket;
          socket.send({ type: "auth", token, userId, sessionId: "s" });
        },
        heard: (data) => this.#hear(frame.parse(data)),
        closed: (how) => this.#closed(how),
      },
    );
  }

  send(): void {
    if (!this.isIn || !this.#outbox.hasRoom) return;
    this.#outbox.send(this.#said++ % DIRECT_EVERY === 0 ? inboxOf(this.part.friend) : this.part.group);
  }

  disturb(): void {
    if (!this.isIn) return; // Before it is admitted, any other frame means a bad token.
    this.#socket?.send("{}");
    this.#socket?.send({ id: "coins", type: "level.up", timestamp: new Date().toISOString(), data: {} });
  }

  close(): void {
    this.#socket?.close();
    this.wire?.close();
  }

  #transmit(item: Item): void {
    const { userId: fromUserId, friend: toUserId, group } = this.part;
    const timestamp = new Date().toISOString();
    const said = { messageId: item.key, fromUserId, content: textOf(item), timestamp };
    const [type, data] =
      item.room === group
        ? ["group.message", { ...said, groupId: group.slice(GROUP.length) }]
        : ["direct.message", { ...said, toUserId, isRead: false }];
    this.#socket?.send({ id: item.key, type, timestamp, data });
  }

  #closed(how: string): void {
    this.harness.count(`closed ${how}`);
    for (const stay of [this.#group, this.#inbox]) if (stay) stay.isOpen = false;
    this.#group = undefined;
    this.#inbox = undefined;
  }

  #hear({ type, id, success, error, data }: z.output<typeof frame>): void {
    const { ledger, count } = this.harness;
    const { userId, group, grant } = this.part;
    if (type === "auth_response" && success) {
      if (grant === group) this.#group = ledger.enter(userId, group, undefined);
      // Nothing in the inbox is ever read, so it is delivered from its beginning.
      this.#inbox = ledger.enter(userId, inboxOf(userId), null);
      this.#outbox.resend();
    } else if (success === undefined) this.#event(type, data);
    else {
      if (error) count(`diet error ${error.code}`);
      const item = ledger.items.get(id ?? "");
      if (item) this.#answered(item, success, data);
    }
  }

  #answered(item: Item, success: boolean, data: unknown): void {
    if (!success) {
      this.#outbox.refused(item);
      return;
    }
    // In place of the event.
    if (item.room === this.part.group && this.#group) this.harness.ledger.place(item, this.#group);
    this.#outbox.confirmed(item, JSON.stringify(data));
  }

  #event(type: string, data: unknown): void {
    const { ledger } = this.harness;
    if (type === "group.message") {
      const { groupId, content } = grouped.parse(data);
      const item = ledger.find(GROUP + groupId, content);
      if (item) ledger.hear(this.userId, item, this.#group);
    } else if (type === "direct.message") {
      const { toUserId, content } = direct.parse(data);
      const item = ledger.find(inboxOf(toUserId), content);
      // A user's own message reaches its other connections too, if it was sent on another one.
      if (item && item.sender !== this.userId) ledger.hear(this.userId, item, this.#inbox);
    }
  }
}

async function workload(harness: Harness, clients: number): Promise<Workload> {
  const { ledger, run } = harness;
  const rooms = Array.from({ length: roomsFor(clients) }, (_, n) => `${GROUP}${run}-${n}`);
  const idOf = (n: number) => `diet-${run}-${n % clients}`;
  const actors: User[] = [];
  for (let n = 0; n < clients; n++) {
    const group = rooms[n % rooms.length] ?? "";
    const grant = n % 12 === 5 ? `${GROUP}${run}-elsewhere` : group;
    const [userId, friend] = [idOf(n), idOf(n + 1)];
    for (const room of [grant, inboxOf(userId), inboxOf(friend)]) ledger.open(userId, room);
    actors.push(new User(harness, { userId, friend, group, grant }, await harness.wire()));
  }

  const saidOf = z.object({ type: z.literal("group.message"), data: grouped });
  const resumers = await resumersFor(harness, clients, rooms, (userId, room) => ({
    ...tokenInFirstFrame(harness, { userId, room, path: "/api/diet/ws" }, (token) => ({
      type: "auth",
      token,
      userId,
      sessionId: "s",
    })),
    textOf: (frame) => saidOf.safeParse(frame).data?.data.content,
    verdictOf: ({ type, data }) => (type === "resumed" ? data : undefined),
    isError: ({ type, success }) => type === "error" || (type === "auth_response" && success !== true),
  }));

  /** Everything pending in an inbox, as a newly connected client of its user gets it. */
  async function inbox(userId: string) {
    const room = inboxOf(userId);
    const token = await harness.token(userId, []);
    const items: Item[] = [];
    // One that was refused when it was sent again is stored all the same, if the user has it.
    const delivered = new Set(ledger.stays.flatMap((stay) => (stay.room === room ? stay.heard : [])));
    const wanted = [...ledger.items.values()].filter(
      (item) => item.room === room && (item.state === "confirmed" || delivered.has(item)),
    );
    let socket: JsonSocket | undefined;
    const opened = (opened: JsonSocket) => {
      socket = opened;
      socket.send({ type: "auth", token, userId, sessionId: "reader" });
    };
    const heard = (data: unknown) => {
      const { type, data: body } = frame.parse(data);
      if (type !== "direct.message") return;
      const { toUserId, content } = direct.parse(body);
      const item = toUserId === userId ? ledger.find(room, content) : undefined;
      if (item) items.push(item);
    };
    await harness.open({ path: "/api/diet/ws" }, { opened, heard, closed: () => {} });
    // The contract does not mark the end of the pending messages. A busy machine may take long to send the first.
    for (let tries = 0; tries < READ_TRIES && items.length < wanted.length; tries++)
      await harness.pause(READ_PAUSE_MS);
    await harness.pause(READ_PAUSE_MS);
    socket?.close();
    return { room, items };
  }

  return {
    actors: [...actors, ...resumers],
    async stored() {
      const groups = rooms.map((room) =>
        readBack(harness, room, stored, ({ id, data }) => ({ id, text: data.content })),
      );
      return [...(await Promise.all(groups)), ...(await Promise.all(actors.map((one) => inbox(one.userId))))];
    },
  };
}

/** Groups, and direct messages that are pending until they are read. */
export const diet: Contract = { name: "diet", workload };
