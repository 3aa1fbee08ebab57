import type { Fleet } from "./fleet.ts";
import type { Node } from "./node.ts";

const AT = "2026-01-01T00:00:00.000Z";
/** Events of each room, and the batches in which they were recorded at least. */
const [EVENTS, ROUNDS] = [8, 4];
/** Some of them are new. */
const SAYINGS = 3 * EVENTS;
const GIFTS = 230;
/** More rooms than keep their state in memory while nobody is in them. */
const STRANGERS = 70;

type Event = { readonly type: string; readonly data: unknown } & ({ room: string } | { user: string });

/** What a backend says of each contract, to rooms that nobody of `verify` is in. */
const sayings: Readonly<Record<string, (id: string) => Event>> = {
  gurukul: (id) => gurukul("past", id),
  atomic: (id) => ({ room: "context:past", type: "message", data: { id, content: id, author: "Ada" } }),
  hyperfocus: (giftId) => ({
    ...{ room: "stream:past", type: "gift:received" },
    data: {
      // Several combos at a time.
      ...{ giftId, giftType: `type-${giftId.at(-1)}`, quantity: 1 },
      sender: { userId: "ada", username: "Ada", avatar: "", isSubscriber: false, isModerator: false },
      animation: { type: "particle", duration: 3_000, assetUrl: "", soundUrl: "" },
    },
  }),
  discord: (name) => ({
    ...{ room: "guild:past", type: "room.created" },
    data: { guildId: "past", channelId: "c", name, userLimit: 0 },
  }),
  diet: (messageId) => ({
    ...{ room: "group:past", type: "group.message" },
    data: { messageId, groupId: "past", fromUserId: "ada", content: messageId, timestamp: AT },
  }),
};
const inboxOf = (messageId: string): Event => ({
  ...{ user: "past", type: "direct.message" },
  data: {
    ...{ messageId, fromUserId: "ada", toUserId: "past", content: messageId },
    ...{ timestamp: AT, isRead: false },
  },
});
const gurukul = (chatId: string, id: string): Event => ({
  ...{ room: `chat:${chatId}`, type: "message" },
  data: {
    chatId,
    message: { ...{ id, chatId, userId: "ada", content: id, role: "user" }, timestamp: AT, metadata: {} },
  },
});
const contracts = Object.keys(sayings);
/** Most of the state that one batch leaves to the next is that of gifts. */
const repeated = [...contracts, ...Array.from({ length: 5 }, () => "hyperfocus")];
const rooms = ["chat:past", "context:past", "stream:past", "guild:past", "group:past"];

/**
 * Rooms with a past that retention removes, bit by bit. Backends say it again before and after that, and change the
 * rooms: what is a repeat then is the same on every node.
 */
export class Past {
  /** The last position of the past. Nothing later is removed: what clients of `verify` say is kept. */
  #end = 0;

  constructor(
    private readonly fleet: Fleet,
    private readonly count: (what: string) => void,
  ) {}

  async begin(): Promise<void> {
    const { fleet } = this;
    for (let round = 0; round < ROUNDS; round++) {
      for (const protocol of contracts) {
        const ids = Array.from({ length: EVENTS / ROUNDS }, (_, n) => `old-${round + ROUNDS * n}`);
        const events = ids.flatMap((id) => this.#eventsOf(protocol, id));
        while ((await fleet.ask("POST", `/v1/${protocol}/events`, events))?.status !== 200)
          await fleet.pause(50);
      }
    }
    this.#end = fleet.log?.batches.length ?? 0;
  }

  #eventsOf(protocol: string, id: string) {
    const events = [sayings[protocol]?.(id), protocol === "diet" ? inboxOf(`direct-${id}`) : undefined];
    return events.flatMap((event) => (event ? [{ ...event, id: `${id}-${event.type}` }] : []));
  }

  /** A backend says something that may be old, and new after it was removed. */
  repeat(who: number, much: number): void {
    const protocol = repeated[who % repeated.length]!;
    this.#post(protocol, this.#eventsOf(protocol, `old-${much % SAYINGS}`), "old events");
  }

  /** More gifts than may be shown at once: they wait, until the node says so whose work that is. */
  shower(much: number): void {
    const ids = Array.from({ length: GIFTS }, (_, n) => `shower-${much % 5}-${n}`);
    this.#post(
      "hyperfocus",
      ids.flatMap((id) => this.#eventsOf("hyperfocus", id)),
      "gifts",
    );
  }

  /** Somebody says something in rooms that nobody is in, so that the state of others leaves memory. */
  strangers(who: number): void {
    const ids = Array.from({ length: STRANGERS }, (_, n) => `stranger-${who % 3}-${n}`);
    const events = ids.map((id) => ({ ...gurukul(id, id), id }));
    this.#post("gurukul", events, "strangers");
  }

  #post(protocol: string, events: readonly unknown[], what: string): void {
    void this.fleet.ask("POST", `/v1/${protocol}/events`, events).then((answer) => {
      if (answer?.status === 200) this.count(what);
    });
  }

  /** A node finds that some of the past is too old. */
  trim({ instance }: Node, much: number): void {
    const upTo = Math.ceil((this.#end * (much + 1)) / 100);
    instance.core.trim(upTo, (refused) => this.count(refused ? "trims refused" : "trims"));
  }

  /** A backend changes one of the rooms. */
  change(who: number, much: number): void {
    const { core } = this.fleet.next()?.instance ?? {};
    const room = rooms[who % rooms.length]!;
    const userId = `member-${much % 3}`;
    const changes = [
      () => core?.recordRoom(room, "room", { title: `title ${much}` }),
      () => core?.recordRoom(room, "room", { open: much % 2 === 0 }),
      () => core?.recordRoom(room, "member", { userId, role: "moderator" }),
      () => core?.recordRoom(room, "member.removed", { userId }),
      () => core?.recordRoom(room, "room.removed", {}),
    ];
    void changes[much % changes.length]?.()?.then(
      () => this.count("rooms changed"),
      () => {},
    );
  }
}
