import { Access } from "./inbound/access.ts";
import { Limiter } from "./inbound/limits.ts";
import { isRepeatedPost, post } from "./inbound/publish-api.ts";
import { Resumption } from "./inbound/resumption.ts";
import { createSystemSender } from "./inbound/system-sender.ts";
import { Connections } from "./live/connections.ts";
import { FairAgent } from "./live/fair-agent.ts";
import { startHeartbeat } from "./live/heartbeat.ts";
import { Presence } from "./live/presence.ts";
import { Rosters } from "./live/roster.ts";
import { WatchedAgent } from "./live/watched-agent.ts";
import { Applier } from "./log/apply.ts";
import { DedupMemory, type Seed } from "./log/dedup-memory.ts";
import { createIds } from "./log/ids.ts";
import { createLocalLog } from "./log/local-log.ts";
import type { Apply, Log } from "./log/log.ts";
import type { RoomEntries, UserEntries } from "./log/room-entries.ts";
import { coreRoomOf, LOG_ROOM, applies as roomApplies } from "./log/room-entries.ts";
import { StoreHealth } from "./log/store-health.ts";
import { Turns } from "./log/turn.ts";
import { TurnTimes } from "./log/turn-times.ts";
import { BackpressureGuard, SWEEP_MS } from "./outbound/backpressure.ts";
import { Rooms } from "./outbound/rooms.ts";
import { Traffic } from "./outbound/traffic.ts";
import type { Activity } from "./ports/activity.ts";
import type { Agent } from "./ports/agent.ts";
import type { Bus } from "./ports/bus.ts";
import type { Clock } from "./ports/clock.ts";
import type { StoredEvent } from "./ports/history.ts";
import type { TokenVerifier } from "./ports/identity.ts";
import type { Members, Membership, Revocations } from "./ports/membership.ts";
import type { Scratch } from "./ports/scratch.ts";
import type { Publisher } from "./ports/socket.ts";
import type { Store } from "./ports/store.ts";
import type { Entry } from "./protocol/entry.ts";
import { createErase, ERASE, type RoomErasure } from "./protocol/erasure.ts";
import { concerns, isErased } from "./protocol/personal-data.ts";
import type { Post, PostedEvent } from "./protocol/posting.ts";
import { applyPosted, POSTED } from "./protocol/posting.ts";
import type { AnyProtocol, ProtocolFactory } from "./protocol/protocol.ts";
import { createRedact, isRedacted, REDACT, type Redaction } from "./protocol/redaction.ts";
import type { Reducer, Reducers } from "./protocol/reducer.ts";
import { Refusal } from "./protocol/refusal.ts";
import { kindOf, ownerOfAny, userRoom } from "./protocol/room-name.ts";
import type { OpenRoster } from "./protocol/roster.ts";
import type { Schemas } from "./protocol/schemas.ts";
import type { Settings } from "./protocol/settings.ts";

export interface CoreParts {
  readonly clock: Clock;
  readonly store: Store;
  readonly people: Membership & Members & Activity & Revocations;
  readonly verifier: TokenVerifier;
  readonly agent: Agent;
  readonly protocols: readonly ProtocolFactory[];
  readonly settings: Settings;
  readonly limits: {
    readonly messagesPerMinute: number;
    readonly burst: number;
    readonly broadcastsPerMinute: number;
    readonly connectionsPerUser: number;
    readonly bufferedBytes: number;
    readonly messageBytes: number;
    /** Missed events of one room that are sent to a connection that resumes. */
    readonly resumedEvents: number;
  };
  /**
   * What batches come from, given how far was applied; without one, a log in this process alone. `refuse` tells the
   * senders of a batch that the log has not taken it, and never will.
   */
  log?(applied: () => number, apply: Apply, refuse: (id: string, refusal: Refusal) => void): Log;
  /** What the dedup windows of all rooms may take in memory, where the rest goes, and what their hashes begin with. */
  readonly dedup: { readonly maxBytes: number; readonly scratch: Scratch; readonly seed?: Seed };
  publisher(): Publisher;
  /** Where there are other nodes. */
  readonly bus?: Bus | undefined;
  report(error: unknown, context: Record<string, unknown>): void;
  /** Entries were committed: called once a turn. */
  committed?(): void;
  /** The erasure of a user has begun. */
  erasing?(): void;
  /** The store can no longer be written, for this reason; undefined: it can again. */
  storeChanged?(failure: unknown): void;
  note(what: "connect" | "disconnect" | "refused", context: Record<string, unknown>): void;
}

/** A room that was silent for this long is read again at its next entry. Repeats come far sooner. */
const SILENT_MS = 30 * 60_000;

export type Core = ReturnType<typeof createCore>;

const own = (applies: object, kind: string): Reducer | undefined =>
  Object.hasOwn(applies, kind) ? (applies as Record<string, Reducer>)[kind] : undefined;

const ownReducers: Reducers = { reducerOf: (kind) => own(roomApplies, kind) };
const postReducers = { [POSTED]: applyPosted };

const reducersOfProtocol = (protocol: AnyProtocol): Reducers => {
  const { applies, historyView, personalData, repeats = {}, restore } = protocol;
  const administrative: Readonly<Record<string, Reducer>> = {
    ...postReducers,
    ...(historyView && { [REDACT]: createRedact(historyView) }),
    [ERASE]: createErase(historyView, personalData),
  };
  return {
    reducerOf: (kind) => own(applies, kind) ?? own(administrative, kind),
    // Of both nobody knows any more what they said.
    isRedacted: (stored) => isRedacted(historyView, stored) || isErased(stored),
    isRepeat(entry, stored) {
      const compare = Object.hasOwn(repeats, entry.kind) ? repeats[entry.kind] : undefined;
      if (compare) return compare(entry, stored);
      return entry.kind !== POSTED || isRepeatedPost(entry as Entry<PostedEvent>, stored);
    },
    restore,
  };
};

/** Puts the core together: it knows no contract, no database, no server. */
export function createCore(parts: CoreParts) {
  const { clock, limits, note, people, report, settings, store, verifier } = parts;
  const newId = createIds();
  const protocols = new Map<string, AnyProtocol>();
  const reducersOf = new Map<string, Reducers>();
  const ownerOf = (room: string): AnyProtocol | undefined =>
    [...protocols.values()].find((protocol) => protocol.roomKinds.includes(kindOf(room)));

  const guard = new BackpressureGuard(
    limits.bufferedBytes,
    () => connections.all,
    (connection) => {
      connection.traffic.backpressure++;
      connection.refuse(new Refusal("backpressure"));
    },
  );
  const rooms = new Rooms(parts.publisher, guard.spent, (room) => turns.settle(room), parts.bus?.relay);
  const applier = new Applier(
    store,
    (name) => reducersOf.get(name) ?? ownReducers,
    (error, { protocol, kind }) => report(error, { where: "apply", protocol, kind }),
    (room) => rooms.has(room),
    new DedupMemory(
      { ...parts.dedup, report: (error) => report(error, { where: "dedup" }) },
      parts.dedup.seed,
    ),
    () => resumption.forget(),
    (event) => ownerOfAny(protocols.values(), event.room)?.stateOf?.(event) ?? [],
  );
  const storeHealth = new StoreHealth(store, clock, parts.storeChanged);
  const times = new TurnTimes();
  const turns = new Turns({
    ...{ clock, newId, log: () => log, store, applier, rooms, times, protocols, report },
    health: storeHealth,
    committed: parts.committed,
    applied: (entry) => administered(entry),
    rolledBack() {
      applier.forget();
      resumption.forget();
    },
    emptied(room) {
      ownerOf(room)?.onRoomEmptied?.(room);
      applier.idle(room);
    },
  });
  const log = (parts.log ?? createLocalLog)(store.position, turns.apply, turns.refused);
  const access = new Access(people);
  const rosters = new Rosters(parts.bus?.rosterChanged);
  const users =
    parts.bus &&
    rosters.open<number>(
      "core users",
      ({ key }) => presence.changed(key),
      () => {},
    );
  const presence = new Presence(clock, people, (error) => report(error, { where: "presence" }), users);
  /** What follows from other nodes' connections waits for nothing that this node has recorded. */
  const rosterOf =
    (protocol: () => AnyProtocol): OpenRoster<Schemas> =>
    (name, changed) =>
      rosters.open(name, changed, (room, kind, data) => {
        const frame = protocol().envelope(kind, JSON.stringify(data), { time: clock.now() });
        turns.after(() => rooms.publish(room, frame));
      });
  const rank = parts.bus?.rank ?? (() => 0);
  const limiter = new Limiter(clock, limits.messagesPerMinute, limits.burst);
  const resumption = new Resumption(clock, turns, rooms, store, limits, () => log.barrier?.());
  const connections = new Connections({
    roomLimiter: new Limiter(clock, limits.broadcastsPerMinute, 0),
    ...{ clock, limiter, resumption, access, turns, rooms, presence, rosters, verifier, report, note },
    maxPerUser: limits.connectionsPerUser,
    maxMessageBytes: limits.messageBytes,
    revokedBefore: people.revokedBefore,
  });

  const watched = new WatchedAgent(parts.agent);
  const agent = new FairAgent(watched);
  const health = { store: () => storeHealth.seemsToWork(), agent: () => watched.works };
  for (const factory of parts.protocols) {
    const systemSender = createSystemSender(
      () => protocol,
      clock,
      turns,
      rooms,
      (userId) => presence.of(userId),
    );
    const state = (room: string) => {
      const state = applier.state(protocol.name, room);
      if (!rooms.has(room)) applier.idle(room);
      return state;
    };
    const protocol = factory({
      ...{
        clock,
        history: store,
        state,
        agent,
        health,
        members: people,
        systemSender,
        roster: rosterOf(() => protocol),
        rank,
        settings,
        report,
      },
    });
    protocols.set(protocol.name, protocol);
    reducersOf.set(protocol.name, reducersOfProtocol(protocol));
  }
  const byAdministration: { [Kind in keyof (RoomEntries & UserEntries)]: (entry: Entry<never>) => void } = {
    room({ room }) {
      ownerOf(room)?.onTitleChanged?.(room);
      connections.accessChanged(room);
    },
    "room.removed"({ room }) {
      const owner = ownerOf(room);
      owner?.onMembersChanged?.(room);
      connections.accessChanged(room);
      owner?.onRoomDeleted?.(room);
      connections.roomRemoved(room);
    },
    member: ({ room, body }: Entry<RoomEntries["member"]>) => memberChanged(room, body.userId),
    "member.removed": ({ room, body }: Entry<RoomEntries["member.removed"]>) =>
      memberChanged(room, body.userId),
    revoked: ({ body }: Entry<UserEntries["revoked"]>) => expire(body.userId),
    erase({ body }: Entry<UserEntries["erase"]>) {
      expire(body.userId);
      presence.forget(body.userId);
      parts.erasing?.();
    },
  };
  function expire(userId: string): void {
    for (const one of [...presence.of(userId)]) one.refuse(new Refusal("session_expired"));
  }
  function memberChanged(room: string, userId: string): void {
    ownerOf(room)?.onMembersChanged?.(room);
    connections.membershipChanged(room, userId);
  }
  /** A backend's change takes effect on every node, at the place of its entry in the log. */
  function administered(entry: Entry): void {
    if (Object.hasOwn(byAdministration, entry.kind)) {
      byAdministration[entry.kind as keyof typeof byAdministration](entry as Entry<never>);
    }
  }

  /** Events about a room of a protocol or its users. */
  function recordIn(room: string, kind: string, body: unknown): Promise<void> {
    const protocol = ownerOfAny(protocols.values(), room)?.name ?? "";
    const entry = { protocol, room, kind, body, sender: null, clientId: null };
    return new Promise((resolve, reject) => {
      turns.record(entry, { applied: () => resolve(), refused: reject });
    });
  }

  const traffic = new Map([...protocols.values()].map((protocol) => [protocol, new Traffic()]));
  startHeartbeat(clock, () => connections.all, [...protocols.values()]);
  clock.every(SWEEP_MS, () => guard.sweep());
  clock.every(SILENT_MS, () => applier.sweep());

  return {
    protocols: [...protocols.values()],
    connections,
    presence,
    rooms,
    turns,
    storeHealth,
    times,
    traffic,
    newId,
    spent: guard.spent,
    /** What the connections of this node and of the others say of themselves. */
    rosters,

    /** Another node has relayed a frame. */
    relayed(room: string, frame: string): void {
      // Nothing that this node has recorded comes before it.
      turns.after(() => rooms.publish(room, frame));
    },

    /** Records a backend's change of a room. Resolves when it is committed and applied; rejects with a `Refusal`. */
    async recordRoom<K extends keyof RoomEntries>(
      room: string,
      kind: K,
      body: RoomEntries[K],
    ): Promise<void> {
      const owner = ownerOf(room);
      return new Promise<void>((resolve, reject) => {
        // A protocol that keeps more of its members than the core does applies the entry itself.
        const protocol = owner && Object.hasOwn(owner.applies, kind) ? owner.name : "";
        const entry = { protocol, room, kind, body, sender: null, clientId: null };
        turns.record(entry, { applied: () => resolve(), refused: reject });
      });
    },

    /** Takes back what a message said. Resolves when that is committed and applied; rejects with a `Refusal`. */
    redact: (room: string, body: Redaction): Promise<void> => recordIn(room, REDACT, body),

    /** Erases a user from some of a room. Resolves and rejects likewise. */
    eraseIn: async (room: string, body: RoomErasure): Promise<void> =>
      ownerOfAny(protocols.values(), room) && recordIn(room, ERASE, body),

    /** The rooms that are a user's own, one for each protocol. */
    roomsOfUser: (userId: string): string[] => [...protocols.keys()].map((name) => userRoom(name, userId)),

    /** Whether a stored event is by or about the user. */
    concerns: (event: StoredEvent, userId: string): boolean =>
      concerns(ownerOfAny(protocols.values(), event.room)?.personalData, event, userId),

    /** Begins to erase a user: as `revoke`, and then in steps. */
    erase(userId: string, before: number): Promise<void> {
      const said = { protocol: "", room: coreRoomOf(userId), kind: "erase", body: { userId, before } };
      return new Promise((resolve, reject) => {
        turns.record(
          { ...said, sender: null, clientId: null },
          { applied: () => resolve(), refused: reject },
        );
      });
    },

    /** How many live nodes come before this one for some work; 0 where it is alone. */
    rank,

    /** Removes one step of everything up to a position of the log, at its place in the log. */
    trim(upTo: number, settled: (refused: boolean) => void): void {
      const entry = {
        protocol: "",
        room: LOG_ROOM,
        kind: "trim",
        body: { upTo },
        sender: null,
        clientId: null,
      };
      turns.record(entry, { applied: () => settled(false), refused: () => settled(true) });
    },

    /** Resolves to the ids of the posts once they are stored; undefined where there is no such protocol. */
    post(protocol: string, posts: readonly Post[]): Promise<string[]> | undefined {
      const known = protocols.get(protocol);
      return known && post(known, turns, posts);
    },

    /**
     * Ends every connection of a user, and refuses tokens issued before a time. Resolves to the number of connections;
     * rejects with a `Refusal`.
     */
    revoke(userId: string, before: number): Promise<number> {
      const said = { protocol: "", room: coreRoomOf(userId), kind: "revoked", body: { userId, before } };
      return new Promise((resolve, reject) => {
        const asked = presence.count(userId);
        // Told before they are ended, which takes them out of the count; other nodes may have ended theirs already.
        const applied = () => resolve(Math.max(asked, presence.count(userId)));
        turns.record({ ...said, sender: null, clientId: null }, { applied, refused: reject });
      });
    },

    /** Ends the current turn, then tells every client that the server restarts. */
    stop(): void {
      for (const protocol of protocols.values()) protocol.onStop?.();
      turns.end();
      for (const connection of [...connections.all]) connection.refuse(new Refusal("server_restart"));
      turns.end();
      presence.save();
    },
  };
}
