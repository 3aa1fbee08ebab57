import { Access } from "./inbound/access.ts";
import { Limiter } from "./inbound/limits.ts";
import { post } from "./inbound/publish-api.ts";
import { Resumption } from "./inbound/resumption.ts";
import { AccessChanges } from "./live/access-changes.ts";
import { createAdministration } from "./live/administration.ts";
import { Connections } from "./live/connections.ts";
import { FairAgent } from "./live/fair-agent.ts";
import { startHeartbeat } from "./live/heartbeat.ts";
import { openProtocol } from "./live/open-protocol.ts";
import { Presence } from "./live/presence.ts";
import { Rosters } from "./live/roster.ts";
import { WatchedAgent } from "./live/watched-agent.ts";
import { Applier } from "./log/apply.ts";
import { DedupMemory, type Seed } from "./log/dedup-memory.ts";
import { createIds } from "./log/ids.ts";
import { createLocalLog } from "./log/local-log.ts";
import type { Apply, Log } from "./log/log.ts";
import { ownReducers, reducersOfProtocol } from "./log/protocol-reducers.ts";
import { StoreHealth } from "./log/store-health.ts";
import { Turns } from "./log/turn.ts";
import { TurnTimes } from "./log/turn-times.ts";
import { BackpressureGuard, SWEEP_MS } from "./outbound/backpressure.ts";
import type { Connection } from "./outbound/connection.ts";
import type { Asked } from "./outbound/delivery.ts";
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
import { concerns } from "./protocol/personal-data.ts";
import type { Post } from "./protocol/posting.ts";
import type { AnyProtocol, ProtocolFactory } from "./protocol/protocol.ts";
import type { Reducers } from "./protocol/reducer.ts";
import { Refusal } from "./protocol/refusal.ts";
import { kindOf, ownerOfAny, userRoom } from "./protocol/room-name.ts";
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
  /**
   * What the dedup windows of all rooms may take in memory, where the rest goes, what their hashes begin with, and how
   * late entries may come.
   */
  readonly dedup: {
    readonly maxBytes: number;
    readonly scratch: Scratch;
    readonly seed?: Seed;
    readonly lateMs?: number | undefined;
  };
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
  const rank = parts.bus?.rank ?? (() => 0);
  const limiter = new Limiter(clock, limits.messagesPerMinute, limits.burst);
  const resumption = new Resumption(clock, turns, rooms, store, limits, () => log.barrier?.());
  const connections = new Connections({
    roomLimiter: new Limiter(clock, limits.broadcastsPerMinute, 0),
    ...{ clock, limiter, resumption, access, turns, rooms, presence, rosters, verifier, report, note },
    catchUp: (inDoubt) => log.catchUp?.(inDoubt),
    maxPerUser: limits.connectionsPerUser,
    maxMessageBytes: limits.messageBytes,
    revokedBefore: people.revokedBefore,
  });

  const watched = new WatchedAgent(parts.agent, (reason) => report(reason, { where: "agent" }));
  const agent = new FairAgent(watched);
  const health = { store: () => storeHealth.seemsToWork(), agent: () => watched.works };
  const services = {
    ...{ agent, applier, clock, health, presence, rank, report, rooms, rosters, settings, turns },
    history: store,
    members: people,
    resume: (one: Connection, room: string) => connections.contextOf(one).join(room),
  };
  for (const factory of parts.protocols) {
    const protocol = openProtocol(services, factory);
    protocols.set(protocol.name, protocol);
    reducersOf.set(protocol.name, reducersOfProtocol(protocol));
  }
  const { applied: administered, ...administration } = createAdministration({
    ...{ ownerOf, presence, protocols, turns },
    accessChanges: new AccessChanges({ access, connections, presence, rooms }),
    erasing: parts.erasing,
  });

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

    ...administration,

    /** The rooms that are a user's own, one for each protocol. */
    roomsOfUser: (userId: string): string[] => [...protocols.keys()].map((name) => userRoom(name, userId)),

    /** Whether a stored event is by or about the user. */
    concerns: (event: StoredEvent, userId: string): boolean =>
      concerns(ownerOfAny(protocols.values(), event.room)?.personalData, event, userId),

    /** How many live nodes come before this one for some work; 0 where it is alone. */
    rank,

    /** Resolves to the ids of the posts once they are stored; undefined where there is no such protocol. */
    post(protocol: string, posts: readonly Post[], asked?: Asked): Promise<string[]> | undefined {
      const known = protocols.get(protocol);
      return known && post(known, turns, posts, asked);
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
