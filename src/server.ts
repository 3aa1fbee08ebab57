import type { BunRequest, Server } from "bun";
import { matchesOrigin } from "./config/origins.ts";
import type { Config } from "./config.ts";
import type { Limiter } from "./core/inbound/limits.ts";
import { addressIn, networkOf } from "./core/inbound/network.ts";
import { isOwnOrigin } from "./core/inbound/origin.ts";
import { readAsked } from "./core/inbound/resume-query.ts";
import type { Connections } from "./core/live/connections.ts";
import { hardLimit } from "./core/outbound/backpressure.ts";
import { Connection } from "./core/outbound/connection.ts";
import type { Traffic } from "./core/outbound/traffic.ts";
import type { Clock } from "./core/ports/clock.ts";
import type { Socket } from "./core/ports/socket.ts";
import type { AnyProtocol } from "./core/protocol/protocol.ts";
import { HTTP_IDLE_SECONDS, idleSecondsOf } from "./server/idle-seconds.ts";
import { problem } from "./server/problem.ts";
import { readable } from "./server/readable.ts";
import type { TlsPair } from "./tls.ts";

type Answering<R extends Request> = (request: R) => Response | Promise<Response>;

export interface Endpoint {
  readonly config: Config;
  readonly protocols: readonly AnyProtocol[];
  readonly connections: Connections;
  readonly traffic: ReadonlyMap<AnyProtocol, Traffic>;
  /** Largest frame that is ever sent, in bytes. */
  readonly largestFrame: number;
  /** The server is about to stop: each HTTP connection is closed after its next answer. */
  draining(): boolean;
  /** New WebSockets are refused. */
  refusing(): boolean;
  /** New requests are refused. The server stops when earlier ones are answered. */
  stopping(): boolean;
  newId(): string;
  readonly clock: Clock;
  /** Limits on connections by address: over all endpoints, and by protocol where a contract has one of its own. */
  readonly addresses: Limiter;
  readonly limiters: ReadonlyMap<AnyProtocol, Limiter>;
  /** WebSocket upgrades that were refused, by HTTP status. */
  readonly refusedUpgrades: Map<number, number>;
  spent(frame: string): void;
  /** Routes of Bun's router besides the WebSockets. */
  readonly direct: Readonly<Record<string, { readonly POST: Answering<BunRequest> }>>;
  /** Answers every other request. */
  readonly fetch: Answering<Request>;
  /** Adds the headers that all answers have. */
  dress(answer: Response): Response;
  failed(error: unknown): void;
  opened?(socket: Socket, server: Server<Connection>): void;
}

/** Bun.serve: upgrade, message, close. */
export function listen(endpoint: Endpoint, port: number, tls: TlsPair | undefined): Server<Connection> {
  const { config, connections, protocols } = endpoint;
  const answer = withHost(endpoint, endpoint.fetch);
  const server: Server<Connection> = Bun.serve({
    port,
    hostname: config.HOST,
    idleTimeout: HTTP_IDLE_SECONDS,
    ...(tls && { tls: { cert: tls.cert, key: tls.key } }),
    routes: {
      ...Object.fromEntries(
        Object.entries(endpoint.direct).map(([path, { POST }]) => [path, { POST: withHost(endpoint, POST) }]),
      ),
      ...Object.fromEntries(
        [...new Set(protocols.flatMap(({ paths }) => paths))].map((path) => {
          const candidates = protocols.filter(({ paths }) => paths.includes(path));
          return [
            path,
            (request: Request, server: Server<Connection>) =>
              answerUpgrade(endpoint, candidates, request, server),
          ];
        }),
      ),
    },
    fetch(request, server) {
      const seconds = idleSecondsOf(request.url, config.WEBHOOK_TIMEOUT_MS);
      if (seconds !== HTTP_IDLE_SECONDS) server.timeout(request, seconds);
      return answer(request);
    },
    error(error) {
      endpoint.failed(error);
      return endpoint.dress(new Response("Internal server error", { status: 500 }));
    },
    websocket: {
      data: {} as Connection,
      // The core refuses frames up to this size. Beyond it Bun stops reading and closes with 1009.
      maxPayloadLength: 2 * config.MAX_MESSAGE_BYTES,
      backpressureLimit: hardLimit(config.MAX_BUFFERED_BYTES, endpoint.largestFrame),
      closeOnBackpressureLimit: true,
      // The core's heartbeat pings and ends silent peers.
      idleTimeout: 0,
      sendPings: false,
      perMessageDeflate: false,
      open(ws) {
        endpoint.opened?.(ws, server);
        const connection = ws.data;
        const { token } = connection;
        // It takes a third of a kilobyte.
        connection.token = undefined;
        connections.opened(connection, ws, token);
      },
      message(ws, frame) {
        const connection = ws.data;
        connection.traffic.received++;
        connections.received(connection, frame);
      },
      ping(ws, payload) {
        // Bun answers a ping by itself. For a peer that does not read, the answers pile up like other frames,
        // so they count.
        endpoint.spent(payload.toString("latin1"));
        connections.seen(ws.data);
      },
      drain(ws) {
        ws.data.drained = true;
      },
      pong: (ws) => connections.seen(ws.data),
      close: (ws, code, reason) => connections.closed(ws.data, code, reason),
    },
  });
  return server;
}

const count = (counts: Map<number, number>, key: number) => counts.set(key, (counts.get(key) ?? 0) + 1);

/**
 * A request that had to get another URL goes to Hono: the parameters that Bun's router has found belong to the first
 * request.
 */
const withHost =
  <R extends Request>(endpoint: Endpoint, answer: Answering<R>): Answering<R> =>
  (request) => {
    if (endpoint.stopping() && !IS_HEALTH.test(request.url)) return goingDown(endpoint);
    const read = readable(request);
    if (!read) return badRequest(endpoint);
    const answered = read === request ? answer(request) : endpoint.fetch(read);
    return endpoint.draining() ? lastOnConnection(answered) : answered;
  };

async function lastOnConnection(answered: Response | Promise<Response>): Promise<Response> {
  const answer = await answered;
  answer.headers.set("connection", "close");
  return answer;
}

/** Answered to the end: a load balancer learns from it why this server is not ready. */
const IS_HEALTH = /^[^?]*\/(?:health\/(?:live|ready)|ws\/health)(?:\?|$)/;

const goingDown = (endpoint: Endpoint) =>
  endpoint.dress(problem(503, "The server is shutting down", { connection: "close" }));

const badRequest = (endpoint: Endpoint) =>
  endpoint.dress(problem(400, "The Host header must be one host, and the URL must be UTF-8"));

function answerUpgrade(
  endpoint: Endpoint,
  candidates: readonly AnyProtocol[],
  request: Request,
  server: Server<Connection>,
): Response | undefined {
  const read = readable(request);
  const refusal = read
    ? upgrade(endpoint, candidates, request, new URL(read.url), server)
    : badRequest(endpoint);
  if (refusal) count(endpoint.refusedUpgrades, refusal.status);
  return refusal && endpoint.dress(refusal);
}

/** Runs before any `await`, as Bun requires. The token is checked when the socket is open. */
function upgrade(
  endpoint: Endpoint,
  candidates: readonly AnyProtocol[],
  request: Request,
  url: URL,
  server: Server<Connection>,
): Response | undefined {
  const { config, connections } = endpoint;
  if (request.method !== "GET") return problem(405, "Expected a WebSocket upgrade", { allow: "GET" });
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket")
    // A proxy passes Upgrade on only where Connection names it (RFC 9110, 7.8).
    return problem(426, "Expected a WebSocket upgrade", { upgrade: "websocket", connection: "Upgrade" });
  if (endpoint.refusing()) return problem(503, "Server is shutting down");
  const limit = config.MAX_CONNECTIONS;
  if (limit > 0 && connections.count >= limit) return problem(503, "Too many connections");
  if (!originAllowed(config, request, url)) return problem(403, "Origin not allowed");
  const offered = (request.headers.get("sec-websocket-protocol") ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const protocol = candidates.find(({ subprotocol }) =>
    subprotocol === undefined ? offered.length === 0 : offered.includes(subprotocol),
  );
  if (!protocol) return problem(400, "Unknown subprotocol");
  const address = addressOf(config, request, server);
  const network = networkOf(address);
  const retryAfter =
    endpoint.addresses.take(network) || (endpoint.limiters.get(protocol)?.take(network) ?? 0);
  if (retryAfter > 0) {
    const headers = { "retry-after": String(Math.ceil(retryAfter / 1_000)) };
    return problem(429, "Too many connections from this address", headers);
  }
  const connection = new Connection(
    endpoint.newId(),
    protocol,
    protocol.open(url),
    address,
    endpoint.clock.now(),
    endpoint.spent,
    endpoint.traffic.get(protocol),
  );
  const { offsets, resume, wrong } = readAsked(url);
  connection.offsets = offsets;
  connection.wrongResume = wrong;
  if (resume.size > 0) connection.resume = new Map(resume);
  connection.token = protocol.token?.(url);
  const done = server.upgrade(request, {
    data: connection,
    // Without this header Bun would select the first subprotocol offered.
    headers: { "Sec-WebSocket-Protocol": protocol.subprotocol ?? "" },
  });
  return done ? undefined : problem(400, "Bad WebSocket handshake");
}

/**
 * Only browsers send an origin, and only a browser can be made to connect by a page that its user did not
 * choose. The console is a page of this server and needs no permission.
 */
function originAllowed({ ALLOWED_ORIGINS, production }: Config, request: Request, url: URL): boolean {
  const origin = request.headers.get("origin");
  const allowed = ALLOWED_ORIGINS ?? (production ? [] : ["*"]);
  return origin === null || allowed.some((entry) => matchesOrigin(entry, origin)) || isOwnOrigin(origin, url);
}

/** The last entry of X-Forwarded-For is the one that our own proxy wrote. */
function addressOf({ TRUST_PROXY }: Config, request: Request, server: Server<Connection>): string {
  const forwarded = TRUST_PROXY ? request.headers.get("x-forwarded-for")?.split(",").at(-1) : undefined;
  return addressIn(forwarded ?? "") ?? server.requestIP(request)?.address ?? "";
}
