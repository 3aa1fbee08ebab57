import { type Core, createCore } from "../../src/core/core.ts";
import { readAsked } from "../../src/core/inbound/resume-query.ts";
import { hardLimit } from "../../src/core/outbound/backpressure.ts";
import { Connection } from "../../src/core/outbound/connection.ts";
import type { Bus } from "../../src/core/ports/bus.ts";
import type { Store } from "../../src/core/ports/store.ts";
import type { openDatabase } from "../../src/storage/database.ts";
import { createPeople } from "../../src/storage/people.ts";
import { createStore } from "../../src/storage/store.ts";
import type { Faults } from "../../src/verify/faults.ts";
import type { Endpoint, SocketEvents } from "../../src/verify/json-socket.ts";
import { take } from "../../src/verify/json-socket.ts";
import { createMemoryScratch } from "../support/scratch.ts";
import type { NodeLog } from "../support/shared-log.ts";
import type { SimulatedClock } from "./clock.ts";
import { protocols } from "./contracts.ts";
import { SimulatedSocket, Topics } from "./sockets.ts";
import type { Wires } from "./wires.ts";

const SOFT_LIMIT = 65_536;
const LARGEST = 131_072;
const NEVER = Number.MAX_SAFE_INTEGER;

/** How the next transaction fails, and the name under which that is counted. */
export const STORE_FAULTS = {
  fail: "commits failed",
  "crash before the commit": "crashes before a commit",
  "crash after the commit": "crashes after a commit",
} as const;
export type StoreFault = keyof typeof STORE_FAULTS;

interface Peer {
  readonly socket: SimulatedSocket;
  readonly path: string;
  readonly events: SocketEvents;
  /** Reads at once whatever comes. */
  readonly isPrompt: boolean;
}

interface Token {
  readonly userId: string;
  readonly rooms: readonly string[];
  readonly issuedAt: number;
}

/** A token of the simulation contains in clear what it says. */
export const tokenOf = (token: Token): string => Buffer.from(JSON.stringify(token)).toString("base64url");
const holderOf = (token: string): Token => JSON.parse(Buffer.from(token, "base64url").toString());

/** What a node shares with the others. */
export interface Sharing {
  readonly log: NodeLog;
  readonly bus: Bus;
  /** More of the log is applied. */
  committed(): void;
}

/** The core from one start to its crash, on a database that outlives it. */
export class Instance {
  readonly core: Core;
  readonly store: Store;
  /** Resolves when it crashes. */
  readonly crashed = Promise.withResolvers<undefined>();
  hasCrashed = false;
  /** The next transaction has this fault. */
  storeFault: StoreFault | undefined;
  readonly #topics = new Topics();
  readonly #peers = new Set<Peer>();

  constructor(
    database: ReturnType<typeof openDatabase>,
    readonly clock: SimulatedClock,
    private readonly faults: Faults,
    private readonly count: (what: string) => void,
    private readonly name: string,
    private readonly wires: Wires,
    /** Without it the server is alone. */
    sharing?: Sharing,
  ) {
    this.store = this.#withFaults(createStore(database));
    this.core = createCore({
      ...{ clock, store: this.store, people: createPeople(database), protocols },
      ...(sharing && { log: sharing.log.attach, bus: sharing.bus, committed: sharing.committed }),
      verifier: {
        async verify(token) {
          const { userId, rooms, issuedAt } = holderOf(token);
          const claims = { sub: userId };
          return { ...{ userId, roles: [], grants: rooms }, ...{ expiresAt: NEVER, issuedAt, claims } };
        },
      },
      agent: { answer: () => Promise.reject(new Error("the simulation has no agent")) },
      settings: {
        ...{ path: "/ws", authMs: undefined, heartbeatMs: undefined, maxContentLength: 10_000 },
        ...{ maxFrameBytes: 0.75 * SOFT_LIMIT, batchMs: 100, maxGiftsPerSecond: sharing ? 200 : 0 },
        ...{ connectionsPerMinute: 0, messagesPerMinute: 0 },
        encryption: { rotationMs: 3_600_000, compression: false, maxPlainBytes: 65_536 },
      },
      limits: {
        ...{ messagesPerMinute: 0, burst: 0, broadcastsPerMinute: 0, connectionsPerUser: 0 },
        ...{ bufferedBytes: SOFT_LIMIT, messageBytes: 65_536, resumedEvents: 10_000 },
      },
      // So little that most ids are looked up outside of memory.
      dedup: { maxBytes: 1_024, scratch: createMemoryScratch() },
      publisher: () => this.#topics,
      report: (error, { where }) => {
        if (where !== "commit" && !this.hasCrashed) faults.add("died", `${where}: ${error}`);
      },
      note: () => {},
    });
  }

  /** Opens a connection on both sides before it returns. */
  open({ path, protocols: offered = [] }: Endpoint, events: SocketEvents, isPrompt = false): void {
    const { core, clock } = this;
    const url = new URL(path, "ws://simulation");
    const protocol = core.protocols.find(
      ({ paths, subprotocol }) => paths.includes(url.pathname) && subprotocol === offered[0],
    );
    if (!protocol) throw new Error(`no contract has the endpoint ${path}`);
    const connection = new Connection(
      core.newId(),
      protocol,
      protocol.open(url),
      "",
      clock.now(),
      core.spent,
    );
    const { offsets, resume } = readAsked(url);
    connection.offsets = offsets;
    if (resume.size > 0) connection.resume = new Map(resume);
    const socket = new SimulatedSocket(this.#topics, hardLimit(SOFT_LIMIT, LARGEST), {
      ended: (code, reason) => core.connections.closed(connection, code, reason),
      overflowed: () => this.faults.add("gap", `the hard limit was exceeded on ${url.pathname}`),
    });
    const peer: Peer = { socket, path, events, isPrompt };
    this.#peers.add(peer);
    core.connections.opened(connection, socket, protocol.token?.(url));
    const isOpen = () => this.#peers.has(peer);
    events.opened({
      // As the peer sees it: open until the peer has read the close frame.
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

  /** Each selected peer reads up to `frames` frames. True when a peer that stays connected has read one. */
  read(frames: number, isSelected: (n: number, isPrompt: boolean) => boolean = () => true): boolean {
    let hasRead = false;
    for (const [n, peer] of [...this.#peers].entries()) {
      if (!isSelected(n, peer.isPrompt)) continue;
      const { socket, path, events } = peer;
      for (let left = frames; left > 0 && this.#peers.has(peer); left--) {
        const frame = socket.read();
        if (frame === undefined) break;
        // A refused client reconnects and is refused again without end, so its frames do not count.
        hasRead ||= !socket.isClosed;
        take(frame, path, (parsed) => this.#hear(events, frame, parsed), this.faults);
      }
      if (socket.isClosed && socket.unread.length === 0) this.#forget(peer, socket.ending);
    }
    return hasRead;
  }

  #hear(events: SocketEvents, frame: string, parsed: unknown): void {
    this.wires.hear(this.name, frame, parsed);
    events.heard(parsed);
  }

  /** Cuts the connection of one peer. */
  cut(index: number): void {
    const peers = [...this.#peers];
    const peer = peers[index % peers.length];
    if (peer) this.#cut(peer);
  }

  #cut(peer: Peer): void {
    peer.socket.terminate();
    this.#forget(peer, "cut");
  }

  #forget(peer: Peer, how: string): void {
    if (this.#peers.delete(peer)) peer.events.closed(how);
  }

  /** Crashes without closing anything: uncommitted writes and unread frames are lost. */
  crash(): void {
    this.hasCrashed = true;
    for (const peer of this.#peers) peer.socket.vanish();
    this.crashed.resolve(undefined);
  }

  /** The peers notice the crash. */
  disconnectAll(): void {
    for (const peer of [...this.#peers]) this.#forget(peer, "crashed");
  }

  #withFaults(store: Store): Store {
    return {
      ...store,
      transaction: (work) => {
        if (this.hasCrashed) throw new Error("a crashed server writes nothing");
        const { storeFault } = this;
        this.storeFault = undefined;
        if (storeFault) this.count(STORE_FAULTS[storeFault]);
        const done = store.transaction(() => {
          const done = work();
          if (storeFault === "crash before the commit") this.crash();
          if (storeFault === "fail" || this.hasCrashed) throw new Error("the disk is full");
          return done;
        });
        if (storeFault === "crash after the commit") this.crash();
        return done;
      },
    };
  }
}
