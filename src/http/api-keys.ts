import { timingSafeEqual } from "node:crypto";
import { Hono } from "hono";
import { z } from "zod";
import { kindOf } from "../core/protocol/room-name.ts";
import { protocolOf } from "../feed/protocol-rooms.ts";
import type { Answering } from "./body-limit.ts";
import type { Operation } from "./operation.ts";
import { Problem } from "./problem.ts";

type Scope = "publish" | "read" | "admin";

export interface ApiKey {
  readonly name: string;
  readonly secret: string;
  /** Undefined: all of them. `admin` includes the others. */
  readonly scopes: readonly Scope[] | undefined;
  /** Names of contracts; undefined: all of them. */
  readonly protocols: readonly string[] | undefined;
}

interface Contract {
  readonly name: string;
  readonly roomKinds: readonly string[];
}

const answer = z.object({
  keys: z.array(
    z.object({
      name: z.string(),
      scopes: z.array(z.enum(["publish", "read", "admin"])),
      protocols: z.array(z.string()).nullable(),
    }),
  ),
});

export const keyOperations: readonly Operation[] = [
  {
    ...{ method: "get", path: "/v1/keys", summary: "The API keys and what each may do, without secrets." },
    answers: { 200: answer },
  },
];

const digest = (text: string, into = new Uint8Array(32)) => Bun.SHA256.hash(text, into);

/** The contracts that the key of a request is limited to, for routes whose answers are about several. */
const limits = new WeakMap<Request, readonly string[]>();
const FREE: readonly string[] = [];

/** The contracts that a request may ask about; undefined: all. Throws if no key was checked. */
export function contractsOf(request: Request): readonly string[] | undefined {
  const found = limits.get(request);
  if (!found) throw new Problem(403, "Send this request without a body in chunks");
  return found === FREE ? undefined : found;
}

/**
 * Lets requests through whose key allows them. Keys are compared as digests, so the time of a comparison reveals
 * nothing.
 */
export function requireApiKey<R extends Request>(
  keys: readonly ApiKey[],
  contracts: () => readonly Contract[],
  inside: Answering<R>,
): Answering<R> {
  const known = keys.map(({ secret }) => digest(secret));
  const given = new Uint8Array(32);
  return (request) => {
    digest(/^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "", given);
    const [found] = known.filter((key) => timingSafeEqual(key, given));
    const key = found && keys[known.indexOf(found)];
    if (!key) {
      const problem = new Problem(401, "An API key is needed: Authorization: Bearer <key>");
      return problem.response({ "www-authenticate": "Bearer" });
    }
    if (key.scopes === undefined && key.protocols === undefined) {
      if (request.method !== "POST") limits.set(request, FREE);
    } else {
      const need = needOf(request, contracts());
      const missing = missingOf(key, need);
      if (missing) return new Problem(403, `The key ${key.name} ${missing}`).response();
      limits.set(request, key.protocols ?? FREE);
    }
    return inside(request);
  };
}

interface Need {
  readonly scope: Scope;
  /** One contract, several that the route itself tells apart, or all. */
  readonly of: string | "some" | "all";
}

const ADMIN_OF_ALL: Need = { scope: "admin", of: "all" };

/** The scope that a request needs. A request that is not recognised needs every scope. */
function needOf({ method, url }: Request, contracts: readonly Contract[]): Need {
  const segments = new URL(url).pathname.split("/").map((segment) => {
    try {
      return decodeURIComponent(segment);
    } catch {
      return segment;
    }
  });
  const [root, version, first = "", second = "", ...rest] = segments;
  if (root !== "" || version !== "v1") return ADMIN_OF_ALL;
  const scope = method === "GET" || method === "HEAD" ? "read" : "admin";
  if (method === "POST" && second === "events" && rest.length === 0) return { scope: "publish", of: first };
  if (first === "rooms" && kindOf(second) !== "")
    return { scope, of: protocolOf(contracts, second) ?? "all" };
  if ((first === "feed" || first === "rooms") && scope === "read" && second === "")
    return { scope, of: "some" };
  return ["cluster", "keys", "webhooks"].includes(first) ? ADMIN_OF_ALL : { scope, of: "all" };
}

function missingOf({ scopes, protocols }: ApiKey, { scope, of }: Need): string | undefined {
  const has = scopes === undefined || scopes.includes("admin") || scopes.includes(scope);
  if (!has) return `lacks the scope ${scope}; it has ${scopes.join(", ")}`;
  if (protocols === undefined || of === "some" || protocols.includes(of)) return undefined;
  const wanted = of === "all" ? "all contracts" : of;
  return `lacks the scope ${scope} for ${wanted}; it is for ${protocols.join(", ")}`;
}

/** The keys as operators see them. */
export function keyRoutes(keys: readonly ApiKey[]): Hono {
  const app = new Hono();
  app.get("/", (c) =>
    c.json({
      keys: keys.map(({ name, scopes, protocols }) => ({
        name,
        scopes: scopes ?? ["publish", "read", "admin"],
        protocols: protocols ?? null,
      })),
    }),
  );
  return app;
}
