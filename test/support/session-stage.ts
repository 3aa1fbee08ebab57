import { createCore } from "../../src/core/core.ts";
import { Connection } from "../../src/core/outbound/connection.ts";
import type { TokenVerifier } from "../../src/core/ports/identity.ts";
import type { Store } from "../../src/core/ports/store.ts";
import { atomic } from "../../src/protocols/atomic/protocol.ts";
import { type OpenDatabase, openDatabase } from "../../src/storage/database.ts";
import { createPeople } from "../../src/storage/people.ts";
import { createStore } from "../../src/storage/store.ts";
import type { Frame } from "./client.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeSockets } from "./fake-sockets.ts";
import { createMemoryScratch } from "./scratch.ts";

const URL_OF_SESSIONS = new URL("ws://stage/api/collaboration/ws");

/** A token is the user's id, and opens everything. */
const verifier: TokenVerifier = {
  verify: async (userId) => ({
    ...{ userId, roles: [], grants: ["*"], claims: {} },
    ...{ issuedAt: 0, expiresAt: Number.MAX_SAFE_INTEGER },
  }),
};

/** A connection to the stage: frames wait on it both ways until somebody lets them through. */
export interface Link {
  readonly toServer: string[];
  readonly toClient: string[];
  readonly connection: Connection;
}

/** The server of sessions without sockets or time: the test decides what arrives when, and when a turn ends. */
export class SessionStage {
  readonly database: OpenDatabase = openDatabase(":memory:", "NORMAL");
  readonly faults: unknown[] = [];
  /** Rooms whose state was read from the store, in order. */
  readonly read: string[] = [];
  store!: Store;
  #core!: ReturnType<typeof createCore>;
  #sockets!: FakeSockets;
  readonly #links = new Map<string, Link>();

  constructor() {
    this.restart();
  }

  /** The server dies and comes back; every connection is gone. */
  restart(): void {
    this.#links.clear();
    const store = createStore(this.database);
    const state = (room: string) => {
      this.read.push(room);
      return store.state(room);
    };
    this.store = { ...store, state };
    this.#sockets = new FakeSockets((name, frame) => this.#links.get(name)?.toClient.push(frame));
    this.#core = createCore({
      clock: new FakeClock(),
      verifier,
      report: (error) => void this.faults.push(error),
      store: this.store,
      people: createPeople(this.database),
      agent: { answer: () => Promise.reject(new Error("no agent")) },
      protocols: [atomic],
      settings: {
        path: "",
        authMs: undefined,
        heartbeatMs: undefined,
        maxContentLength: 10_000,
        maxFrameBytes: 786_432,
        batchMs: 100,
        maxGiftsPerSecond: 0,
        connectionsPerMinute: 0,
        messagesPerMinute: 0,
        encryption: { rotationMs: 1, compression: false, maxPlainBytes: 1 },
      },
      limits: {
        ...{ messagesPerMinute: 0, burst: 0, broadcastsPerMinute: 0, connectionsPerUser: 0 },
        bufferedBytes: 1_048_576,
        messageBytes: 65_536,
        resumedEvents: 0,
      },
      dedup: { maxBytes: 1_048_576, scratch: createMemoryScratch() },
      publisher: () => this.#sockets,
      note: () => {},
    });
  }

  async connect(userId: string): Promise<Link> {
    const [protocol] = this.#core.protocols;
    const id = this.#core.newId();
    const connection = new Connection(id, protocol!, protocol!.open(URL_OF_SESSIONS), "", 0, () => {});
    const link: Link = { toServer: [], toClient: [], connection };
    this.#links.set(id, link);
    this.#core.connections.opened(connection, this.#sockets.open(id), userId);
    while (!connection.identity) await null;
    this.endTurn();
    link.toClient.length = 0;
    return link;
  }

  /** The server gets the next frame of this connection. */
  deliver({ connection, toServer }: Link): void {
    const frame = toServer.shift();
    if (frame !== undefined) this.#core.connections.received(connection, frame);
  }

  /** What is on the way is lost. */
  cut(link: Link): void {
    this.#links.delete(link.connection.id);
    if (this.#core.connections.count > 0) this.#core.connections.closed(link.connection, 1006, "");
  }

  endTurn(): void {
    this.#core.turns.end();
  }

  /** The data of the session's stored edits, in order. */
  edits(sessionId: string): Frame[] {
    return this.store
      .page(`session:${sessionId}`, { kind: "edit", limit: 1_000 })
      .map(({ body }): Frame => JSON.parse(body));
  }
}
