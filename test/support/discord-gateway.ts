import type { Server, ServerWebSocket } from "bun";
import { GatewayDispatchEvents, GatewayOpcodes } from "discord-api-types/v10";
import type { Frame } from "./client.ts";
import { type GuildState, guildCreate } from "./discord-guild.ts";
import { eventually } from "./eventually.ts";

export const BOT_TOKEN = "a-bot-token.of.the-tests";
/** Far more than any test takes. */
const NEVER_MS = 600_000;

interface Session {
  readonly id: string;
  /** What it was sent, or would have been: its nth has the sequence number n + 1. */
  readonly dispatches: Frame[];
}

/**
 * Discord's gateway, as far as it is published: hello, identify, ready, heartbeats, numbered dispatches, resume with
 * replay, reconnect, invalid session, close codes. Guilds are announced to each new session as they are then.
 */
export class DiscordGateway {
  readonly guilds = new Map<string, GuildState>();
  /** What clients have sent, heartbeats included. */
  readonly received: Frame[] = [];
  heartbeatMs = NEVER_MS;
  acknowledges = true;
  /** Sends a resumed session again what it has had already, too. */
  replaysEverything = false;
  /** Instead of letting anybody in. */
  refusesWith: number | undefined;
  /** The code of the connection that ended last. */
  closedWith: number | undefined;
  /** Refuses every connection. */
  isOut = false;
  /** How many it has turned away. */
  turnedAway = 0;
  readonly #server: Server<undefined>;
  #socket: ServerWebSocket<undefined> | undefined;
  #sessions = new Map<string, Session>();
  #session: Session | undefined;
  #isReady = false;

  constructor() {
    this.#server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request, server) => {
        if (!this.isOut && server.upgrade(request)) return undefined;
        this.turnedAway++;
        return new Response("out of order", { status: 503 });
      },
      websocket: {
        open: (socket) => {
          this.#socket = socket;
          this.#send({ op: GatewayOpcodes.Hello, d: { heartbeat_interval: this.heartbeatMs } });
        },
        message: (socket, frame) => {
          if (socket === this.#socket) this.#received(JSON.parse(String(frame)));
        },
        close: (socket, code) => {
          this.closedWith = code;
          if (socket !== this.#socket) return;
          this.#socket = undefined;
          this.#isReady = false;
        },
      },
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#server.port}`;
  }

  stop(): Promise<void> {
    return this.#server.stop(true);
  }

  /** Resolves once a client hears dispatches. */
  ready(): Promise<void> {
    return eventually(() => this.#isReady);
  }

  /** Resolves once nobody is connected. */
  gone(): Promise<void> {
    return eventually(() => this.#socket === undefined);
  }

  /** How many frames with this opcode clients have sent. */
  count(op: GatewayOpcodes): number {
    return this.received.filter((frame) => frame["op"] === op).length;
  }

  /** Numbered in the session, and sent now or when it is resumed; nobody ever gets it when there is no session. */
  dispatch(t: GatewayDispatchEvents, d: unknown): void {
    if (!this.#session) return;
    const frame = { op: GatewayOpcodes.Dispatch, t, s: this.#session.dispatches.length + 1, d };
    this.#session.dispatches.push(frame);
    if (this.#isReady) this.#send(frame);
  }

  /** Ends the connection without a word. */
  drop(): void {
    this.#isReady = false;
    this.#socket?.terminate();
  }

  close(code: number): void {
    this.#isReady = false;
    this.#socket?.close(code);
  }

  askToReconnect(): void {
    this.#isReady = false;
    this.#send({ op: GatewayOpcodes.Reconnect, d: null });
  }

  /** From now on what happens is in no session, unless this one can be resumed. */
  invalidate(resumable: boolean): void {
    this.#isReady = false;
    if (!resumable) this.forget();
    this.#send({ op: GatewayOpcodes.InvalidSession, d: resumable });
  }

  /** No session can be resumed. */
  forget(): void {
    this.#sessions.clear();
    this.#session = undefined;
  }

  #received(frame: Frame): void {
    this.received.push(frame);
    const { op, d } = frame;
    if (op === GatewayOpcodes.Heartbeat) {
      if (this.acknowledges) this.#send({ op: GatewayOpcodes.HeartbeatAck });
    } else if (this.refusesWith !== undefined) this.close(this.refusesWith);
    else if (d.token !== BOT_TOKEN) this.close(4004);
    else if (op === GatewayOpcodes.Identify) this.#identify();
    else if (op === GatewayOpcodes.Resume) this.#resume(this.#sessions.get(d.session_id), d.seq);
  }

  #identify(): void {
    const session: Session = { id: crypto.randomUUID().replaceAll("-", ""), dispatches: [] };
    this.#sessions.set(session.id, session);
    this.#session = session;
    this.#isReady = true;
    this.dispatch(GatewayDispatchEvents.Ready, {
      v: 10,
      session_id: session.id,
      resume_gateway_url: this.url,
      guilds: [...this.guilds.keys()].map((id) => ({ id, unavailable: true })),
    });
    for (const guild of this.guilds.values())
      this.dispatch(GatewayDispatchEvents.GuildCreate, guildCreate(guild));
  }

  #resume(session: Session | undefined, seq: number): void {
    if (!session) {
      this.invalidate(false);
      return;
    }
    const missed = session.dispatches.slice(this.replaysEverything ? 1 : seq);
    this.#session = session;
    this.#isReady = true;
    for (const frame of missed) this.#send(frame);
    this.dispatch(GatewayDispatchEvents.Resumed, {});
  }

  #send(frame: Frame): void {
    this.#socket?.send(JSON.stringify({ s: null, t: null, ...frame }));
  }
}
