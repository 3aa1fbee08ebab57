import type { BunRequest } from "bun";
import { type Context, Hono } from "hono";
import { StoreUnavailable } from "../core/ports/store.ts";
import { Refusal } from "../core/protocol/refusal.ts";
import { type ApiKey, contractsOf, keyOperations, keyRoutes, requireApiKey } from "./api-keys.ts";
import { type Answering, cutOff, isCutOff, limited } from "./body-limit.ts";
import { type ClusterDependencies, clusterOperations, clusterRoutes } from "./cluster.ts";
import { type ConnectionDependencies, connectionOperations, connectionRoutes } from "./connections.ts";
import { type ConsoleSettings, consoleRoutes } from "./console.ts";
import { type DescriptionDependencies, descriptionOperations, descriptionRoutes } from "./description.ts";
import { devRoutes } from "./dev.ts";
import type { MakeToken } from "./dev-token.ts";
import { type ErrorDependencies, errorOperations, errorRoutes } from "./errors.ts";
import { type EventDependencies, eventOperations, eventRoutes, postEvents } from "./events.ts";
import { exampleRoutes } from "./examples.ts";
import { type FeedDependencies, feedOperations, feedRoutes } from "./feed.ts";
import { type Condition, health, healthOperations } from "./health.ts";
import { type MemberDependencies, memberOperations, memberRoutes } from "./members.ts";
import { type MessageDependencies, messageOperations, messageRoutes } from "./messages.ts";
import { methodsAt } from "./methods.ts";
import { exposition, type MetricsDependencies, metricsOperations, metricsRoutes } from "./metrics.ts";
import { answeredEverywhere, type CatchUp, judgedByCurrent } from "./nodes.ts";
import type { Operation } from "./operation.ts";
import { Problem } from "./problem.ts";
import { type RoomDependencies, roomOperations, roomRoutes } from "./rooms.ts";
import { erasureRoutes, type UserDependencies, userOperations, userRoutes } from "./users.ts";
import { type WebhookDependencies, webhookOperations, webhookRoutes } from "./webhooks.ts";

const MAX_BODY_BYTES = 4 * 1024 * 1024;

const closed = new Problem(
  403,
  "Without an API key this answers on a loopback address only, and not through a proxy; DEV=1 opens it to all",
);

/** Every route, as it is described. */
export const operations: readonly Operation[] = [
  ...healthOperations,
  ...metricsOperations,
  ...descriptionOperations,
  ...eventOperations,
  ...feedOperations,
  ...webhookOperations,
  ...roomOperations,
  ...memberOperations,
  ...messageOperations,
  ...userOperations,
  ...connectionOperations,
  ...clusterOperations,
  ...errorOperations,
  ...keyOperations,
];

export interface HttpParts {
  readonly apiKeys: readonly ApiKey[];
  readonly rooms: RoomDependencies;
  readonly members: MemberDependencies;
  readonly messages: MessageDependencies;
  readonly users: UserDependencies;
  readonly connections: ConnectionDependencies;
  readonly cluster: ClusterDependencies;
  readonly events: EventDependencies;
  readonly feed: FeedDependencies;
  readonly webhooks: WebhookDependencies;
  readonly metrics: MetricsDependencies;
  readonly errors: ErrorDependencies;
  readonly description: DescriptionDependencies;
  readonly console: ConsoleSettings;
  /** Where there are other nodes: resolves to the names of those that have not applied everything in time. */
  readonly appliedEverywhere: (() => Promise<readonly string[]>) | undefined;
  /** Where there are other nodes. */
  readonly catchUp: CatchUp | undefined;
  /** Absent where tokens come from elsewhere. */
  readonly makeToken: MakeToken | undefined;
  /** Whether this request may use `/dev`, if the server has it. */
  opensDev(request: Request): boolean;
  condition(): Condition;
  failed(error: unknown): void;
}

/**
 * Routes in Bun's own router. Backends post events far more often than they send any other request, and
 * Hono's routing costs a fifth of such a request. Chunked bodies go through Hono all the same.
 */
export type DirectRoutes = Readonly<Record<string, { readonly POST: Answering<BunRequest> }>>;

/**
 * Everything that is not a WebSocket. One authorization step for all of `/v1`, before its routes: see
 * `limited`.
 */
export function createHttpApp(parts: HttpParts): {
  readonly answer: Answering;
  readonly direct: DirectRoutes;
  readonly routes: Hono["routes"];
  /** Answers a request of another node, which has authorized it. */
  readonly authorized: Answering;
} {
  const failed = (error: unknown): Response => {
    if (error instanceof Problem) return error.response();
    if (isCutOff(error)) return cutOff.response();
    if (error instanceof Refusal && error.reason === "too_long") {
      return new Problem(413, "The events are too large to be stored at once: post fewer of them").response();
    }
    if (error instanceof Refusal) {
      const seconds = error.retryAfter === undefined ? undefined : Math.ceil(error.retryAfter / 1_000);
      const headers = seconds === undefined ? {} : { "retry-after": String(seconds) };
      return new Problem(503, "The events were not stored: try again").response(headers);
    }
    if (error instanceof StoreUnavailable) {
      parts.failed(error);
      return new Problem(503, "Not stored; the log says why").response();
    }
    parts.failed(error);
    return new Problem(500, "The server failed: see its log").response();
  };
  const notFound = ({ req }: Context): Response => {
    const allowed = methodsAt(routes, req.path);
    if (allowed.length === 0) return new Problem(404, `Nothing is at ${req.path}`).response();
    const allow = allowed.join(", ");
    const detail = `${req.method} is not for ${req.path}, which answers ${allow}`;
    return new Problem(405, detail).response({ allow });
  };
  const base = () => new Hono().notFound(notFound).onError(failed);
  const post = postEvents(parts.events, failed);
  const administration = base();
  if (parts.catchUp)
    for (const path of ["/v1/rooms/*", "/v1/users/*", "/v1/erasures/*"])
      administration.use(path, judgedByCurrent(parts.catchUp));
  if (parts.appliedEverywhere)
    for (const path of ["/v1/rooms/*", "/v1/users/*"])
      administration.use(path, answeredEverywhere(parts.appliedEverywhere));
  const forBackends = administration
    .route("/v1/rooms", roomRoutes(parts.rooms, contractsOf))
    .route("/v1/rooms", memberRoutes(parts.members))
    .route("/v1/rooms", messageRoutes(parts.messages))
    .route("/v1/users", userRoutes(parts.users))
    .route("/v1/erasures", erasureRoutes(parts.users))
    .route("/v1/connections", connectionRoutes(parts.connections))
    .route("/v1/cluster", clusterRoutes(parts.cluster))
    .route("/v1/metrics", metricsRoutes(parts.metrics))
    .route("/v1/errors", errorRoutes(parts.errors))
    .route("/v1/feed", feedRoutes(parts.feed, contractsOf))
    .route("/v1/webhooks", webhookRoutes(parts.webhooks))
    .route("/v1/keys", keyRoutes(parts.apiKeys))
    .route("/v1", eventRoutes(post));
  const guarded = <R extends Request>(answer: Answering<R>) =>
    requireApiKey(parts.apiKeys, () => parts.rooms.protocols, limited(forBackends, MAX_BODY_BYTES, answer));
  const v1 = guarded(forBackends.fetch);
  const posted = (request: BunRequest) => post(request.params["protocol"] ?? "", request);
  const heads = new WeakMap<Request, Request>();
  /** Hono answers HEAD without a body, and Bun would tell its length, 0. Bun leaves out the body of a GET by itself. */
  const asGet = (request: Request): Request => {
    if (request.method !== "HEAD") return request;
    const get = new Request(request.url, { headers: request.headers, signal: request.signal });
    heads.set(get, request);
    return get;
  };
  const opensDev = (request: Request) => parts.opensDev(heads.get(request) ?? request);
  const { production } = parts.console;
  const forPages = production ? base() : base().route("/dev", devRoutes(parts, post));
  const dev = limited(forPages, MAX_BODY_BYTES, forPages.fetch);
  const examples = production ? base() : exampleRoutes();
  const open = base()
    .route("/", health(parts.condition))
    .route("/metrics", exposition(parts.metrics))
    .route("/", descriptionRoutes(parts.description))
    .route("/", consoleRoutes(parts.console, opensDev))
    .route("/", examples)
    .all("/dev/*", (c) => (production || opensDev(c.req.raw) ? dev(c.req.raw) : closed.response()))
    // A path below /v1 that is written in another way, such as with escapes.
    .all("/v1/*", (c) => v1(c.req.raw));
  const routes = [open, forBackends, forPages].flatMap((app) => app.routes);
  return {
    direct: { "/v1/:protocol/events": { POST: guarded(posted) } },
    answer(request) {
      const asked = asGet(request);
      return isUnder("/v1/", asked) ? v1(asked) : open.fetch(asked);
    },
    routes,
    authorized: forBackends.fetch,
  };
}

const isUnder = (path: string, { url }: Request) => url.startsWith(path, url.indexOf("/", "https://".length));
