import { z } from "zod";
import { type Actor, type Contract, type Harness, roomsFor, type Workload } from "../harness.ts";
import type { JsonSocket } from "../json-socket.ts";
import { type Item, type Stay, textOf } from "../ledger.ts";
import { Outbox } from "../outbox.ts";
import { readBack } from "../read-back.ts";
import { resumersFor } from "../resumer.ts";
import type { Wire } from "../wire.ts";

const message = z.object({ id: z.string(), content: z.string(), authorId: z.string().optional() });
const page = z.object({ messages: z.array(message) });
const frame = z.object({
  type: z.string(),
  id: z.string().optional(),
  error: z.string().optional(),
  data: z.unknown().optional(),
});

const PLACE = "place";
/** Characters of each message of a flood. */
const LONG = 8_000;

/** A member of one context. Its messages are answered under their ids. */
class Member implements Actor {
  readonly rooms: readonly string[];
  readonly #outbox: Outbox;
  #socket: JsonSocket | undefined;
  #stay: Stay | undefined;
  #isIn = false;

  constructor(
    private readonly harness: Harness,
    readonly userId: string,
    private readonly room: string,
    private readonly grants: readonly string[],
    readonly wire: Wire | undefined,
  ) {
    this.rooms = [room];
    this.#outbox = new Outbox(harness.ledger, userId, (item) =>
      this.#socket?.send({ type: "message", id: item.key, data: { content: textOf(item) } }),
    );
  }

  get isIn(): boolean {
    return this.#isIn;
  }

  get isDone(): boolean {
    return this.#outbox.isEmpty;
  }

  async connect(): Promise<void> {
    if (this.#socket?.isOpen) return;
    const token = await this.harness.token(this.userId, this.grants);
    const contextId = this.room.slice("context:".length);
    const path = `/api/chat/ws?token=${token}&contextId=${contextId}`;
    await this.harness.open(
      { wire: this.wire, path: path },
      {
        opened: (socket) => {
          this.#socket = socket;
        },
        heard: (data) => this.#hear(frame.parse(data)),
        closed: (how) => this.#closed(how),
      },
    );
  }

  send(): void {
    if (this.isIn && this.#outbox.hasRoom) this.#outbox.send(this.room);
  }

  flood(): void {
    if (this.#stay)
      for (let sent = 0; sent < this.harness.floodBytes; sent += LONG) this.#outbox.send(this.room, LONG);
  }

  disturb(): void {
    this.#socket?.send("[]");
    this.#socket?.send(new Uint8Array([0xff]));
    this.#socket?.send({ type: "edit", data: { position: -1 } });
  }

  close(): void {
    this.#socket?.close();
    this.wire?.close();
  }

  #closed(how: string): void {
    this.harness.count(`closed ${how}`);
    if (this.#stay) this.#stay.isOpen = false;
    this.#stay = undefined;
    this.#isIn = false;
  }

  #hear({ type, id, error, data }: z.output<typeof frame>): void {
    const { ledger } = this.harness;
    if (type === "connected") {
      this.#isIn = true;
      this.#stay = ledger.enter(this.userId, this.room, undefined);
      // The answer comes in order among the messages, so the last message in it is the one before.
      this.#socket?.send({ type: "history", id: PLACE, data: { limit: 1 } });
      this.#outbox.resend();
    } else if (type === "message") this.#message(message.parse(data));
    else if (type === "history" && id === PLACE) this.#place(page.parse(data).messages[0]);
    else if (type === "error") {
      this.harness.count(`atomic error ${error}`);
      const item = id === undefined ? undefined : ledger.items.get(id);
      if (item) this.#outbox.refused(item);
    }
  }

  #message({ id, content, authorId }: z.output<typeof message>): void {
    const item = this.harness.ledger.find(this.room, content);
    if (!item) return;
    this.harness.ledger.hear(this.userId, item, this.#stay);
    if (authorId === this.userId) this.#outbox.confirmed(item, id);
  }

  #place(last: z.output<typeof message> | undefined): void {
    const stay = this.#stay;
    const item: Item | null | undefined = last ? this.harness.ledger.find(this.room, last.content) : null;
    if (!stay) return;
    const heard = stay.heard.at(-1);
    if (!heard) stay.after = item;
    else if (heard !== item) {
      const what = `${this.userId} heard ${heard.key} in ${this.room}, and the history after it ends with ${item?.key}`;
      this.harness.ledger.faults.add("order", what);
    }
  }
}

async function workload(harness: Harness, clients: number): Promise<Workload> {
  const rooms = Array.from({ length: roomsFor(clients) }, (_, n) => `context:${harness.run}-${n}`);
  const actors: Member[] = [];
  for (let n = 0; n < clients; n++) {
    const userId = `atomic-${harness.run}-${n}`;
    const room = rooms[n % rooms.length] ?? "";
    const isStranger = n % 12 === 5;
    const grant = isStranger ? `context:${harness.run}-elsewhere` : room;
    harness.ledger.open(userId, grant);
    actors.push(new Member(harness, userId, room, [grant], await harness.wire()));
  }
  const saidOf = z.object({ type: z.literal("message"), data: message });
  const resumers = await resumersFor(harness, clients, rooms, (userId, room) => ({
    ...{ userId, room },
    endpoint: async (query) => {
      const contextId = room.slice("context:".length);
      return {
        path: `/api/chat/ws?token=${await harness.token(userId, [room])}&contextId=${contextId}&${query}`,
      };
    },
    textOf: (frame) => saidOf.safeParse(frame).data?.data.content,
    verdictOf: ({ type, data }) => (type === "resumed" ? data : undefined),
    isError: ({ type }) => type === "error",
  }));
  const show = ({ id, content }: z.output<typeof message>) => ({ id, text: content });
  return {
    actors: [...actors, ...resumers],
    stored: () => Promise.all(rooms.map((room) => readBack(harness, room, message, show))),
  };
}

/** Chats of contexts. */
export const atomic: Contract = { name: "atomic", workload };
