import { type Core, createCore } from "../../src/core/core.ts";
import { hardLimit } from "../../src/core/outbound/backpressure.ts";
import { Connection } from "../../src/core/outbound/connection.ts";
import type { Store } from "../../src/core/ports/store.ts";
import { protocols } from "../../src/protocols/all.ts";
import type { openDatabase } from "../../src/storage/database.ts";
import { createPeople } from "../../src/storage/people.ts";
import { createStore } from "../../src/storage/store.ts";
import type { Faults } from "../../src/verify/faults.ts";
import type { LineEvents, Way } from "../../src/verify/line.ts";
import { take } from "../../src/verify/line.ts";
import { WorldClock } from "./clock.ts";
import { Topics, WorldSocket } from "./sockets.ts";

const SOFT_LIMIT = 65_536;
const LARGEST = 131_072;

/** What the next transaction does in the place of committing, and how it is counted. */
export const TROUBLES = {
  fail: "commits failed",
  "die before the commit": "deaths before a commit",
  "die after the commit": "deaths after a commit",
} as const;
export type Trouble = keyof typeof TROUBLES;

interface Peer {
  readonly socket: WorldSocket;
  readonly path: string;
  readonly events: LineEvents;
}

/** Who a token of this world is for: it says so itself. */
export const tokenOf = (userId: string, rooms: readonly string[]): string =>
  Buffer.from(JSON.stringify({ userId, rooms })).toString("base64url");
function holderOf(token: string): { userId: string; rooms: string[] } {
  return JSON.parse(Buffer.from(token, "base64url").toString());
}

/** The core from one start to its death, on a database that outlives it. */
export class Incarnation {
  readonly core: Core;
  readonly store: Store;
  readonly clock: WorldClock;
  /** Resolves at its death. */
  readonly death = Promise.withResolvers<undefined>();
  isDead = false;
  trouble: Trouble | undefined;
  readonly #topics = new Topics();
  readonly #peers = new Set<Peer>();

  constructor(
    database: ReturnType<typeof openDatabase>,
    now: number,
    private readonly faults: Faults,
    private readonly count: (what: string) => void,
  ) {
    this.clock = new WorldClock(now);
    this.store = this.#troubled(createStore(database));
    this.core = createCore({
      ...{ clock: this.clock, store: this.store, people: createPeople(database), protocols },
      verifier: {
        async verify(token) {
          const { userId, rooms } = holderOf(token);
          const claims = { sub: userId };
          return {
            userId,
            roles: [],
            grants: rooms,
            expiresAt: Number.MAX_SAFE_INTEGER,
            issuedAt: now,
            claims,
          };
        },
      },
      agent: { answer: () => Promise.reject(new Error("nobody is asked here")) },
      settings: {
        ...{ path: "/ws", authMs: undefined, heartbeatMs: undefined, maxContentLength: 10_000 },
        ...{ maxFrameBytes: 0.75 * SOFT_LIMIT, batchMs: 100, maxGiftsPerSecond: 0 },
        ...{ connectionsPerMinute: 0, messagesPerMinute: 0 },
        encryption: { rotationMs: 3_600_000, compression: false, maxPlainBytes: 65_536 },
      },
      limits: {
        ...{ messagesPerMinute: 0, burst: 0, broadcastsPerMinute: 0, connectionsPerUser: 0 },
        ...{ bufferedBytes: SOFT_LIMIT, messageBytes: 65_536, resumedEvents: 10_000 },
      },
      publisher: () => this.#topics,
      report: (error, { where }) => {
        if (where !== "commit" && !this.isDead) faults.add("died", `${where}: ${error}`);
      },
      note: () => {},
    });
  }

  /** A connection is open on both sides when this returns. */
  open({ path, protocols: offered = [] }: Way, events: LineEvents): void {
    const { core, clock } = this;
    const url = new URL(path, "ws://world");
    const protocol = core.protocols.find(
      ({ paths, subprotocol }) => paths.includes(url.pathname) && subprotocol === offered[0],
    );
    if (!protocol) throw new Error(`nobody speaks ${path}`);
    const connection = new Connection(
      core.newId(),
      protocol,
      protocol.open(url),
      "",
      clock.now(),
      core.spent,
    );
    const socket = new WorldSocket(this.#topics, hardLimit(SOFT_LIMIT, LARGEST), {
      ended: (code, reason) => core.connections.closed(connection, code, reason),
      overflowed: () => this.faults.add("gap", `the fuse blew on ${url.pathname}`),
    });
    const peer: Peer = { socket, path, events };
    this.#peers.add(peer);
    core.connections.opened(connection, socket, protocol.token?.(url));
    const isOpen = () => this.#peers.has(peer);
    events.opened({
      // As the peer sees it: until it has read that it is closed.
      get isOpen() {
        return isOpen();
      },
      send(frame) {
        if (socket.isClosed) return;
        const isReady = typeof frame === "string" || frame instanceof Uint8Array;
        core.connections.received(connection, isReady ? frame : JSON.stringify(frame));
      },
      close: () => this.#cut(peer),
    });
  }

  /** The peers that this falls to read so many frames. True when one that stays was among them. */
  read(frames: number, who: (n: number) => boolean = () => true): boolean {
    let hasRead = false;
    for (const [n, peer] of [...this.#peers].entries()) {
      if (!who(n)) continue;
      const { socket, path, events } = peer;
      for (let left = frames; left > 0 && this.#peers.has(peer); left--) {
        const frame = socket.read();
        if (frame === undefined) break;
        // Whoever is turned away comes again and is told again, for ever.
        hasRead ||= !socket.isClosed;
        take(frame, path, events.heard, this.faults);
      }
      if (socket.isClosed && socket.unread.length === 0) this.#forget(peer, socket.ending);
    }
    return hasRead;
  }

  /** The wire of one of them is cut. */
  cut(who: number): void {
    const peers = [...this.#peers];
    const peer = peers[who % peers.length];
    if (peer) this.#cut(peer);
  }

  #cut(peer: Peer): void {
    peer.socket.terminate();
    this.#forget(peer, "cut");
  }

  #forget(peer: Peer, how: string): void {
    if (this.#peers.delete(peer)) peer.events.closed(how);
  }

  /** No last word: what was not committed is gone, and what was not read. */
  die(): void {
    this.isDead = true;
    for (const peer of this.#peers) peer.socket.gone();
    this.death.resolve(undefined);
  }

  /** The peers notice. */
  bury(): void {
    for (const peer of [...this.#peers]) this.#forget(peer, "dead");
  }

  #troubled(store: Store): Store {
    return {
      ...store,
      transaction: (work) => {
        if (this.isDead) throw new Error("the dead write nothing");
        const { trouble } = this;
        this.trouble = undefined;
        if (trouble) this.count(TROUBLES[trouble]);
        const done = store.transaction(() => {
          const done = work();
          if (trouble === "die before the commit") this.die();
          if (trouble === "fail" || this.isDead) throw new Error("the disk is full");
          return done;
        });
        if (trouble === "die after the commit") this.die();
        return done;
      },
    };
  }
}
