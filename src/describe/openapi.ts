import { z } from "zod";
import type { AnyProtocol } from "../core/protocol/protocol.ts";
import type { Schemas } from "../core/protocol/schemas.ts";
import type { Operation } from "../http/operation.ts";
import { problem } from "../http/problem.ts";
import { examplesOf, jsonSchema, nameOf } from "./schema.ts";

/** Explanations of the problems' statuses. */
const PROBLEMS: Readonly<Record<number, string>> = {
  400: "A field is wrong; `errors` names each.",
  401: "The API key is missing or wrong.",
  404: "Not found.",
  409: "It conflicts with the current state.",
  410: "Retention has removed events after this position; `oldest` is the position after which nothing is missing.",
  413: "The body is too long.",
  503: "The request was not stored: try again.",
};
const UNEXPECTED = "The server failed: see its log.";

/** Every route as OpenAPI 3.1, and the `data` of each event that backends may post. */
export function openapi(
  operations: readonly Operation[],
  protocols: readonly AnyProtocol[],
  { version }: { readonly version: string },
) {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationObject(operation) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Switchboard",
      version,
      description: "The HTTP API for backends. Errors are problems as RFC 9457 defines them.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas: { problem: json(problem), ...Object.fromEntries(protocols.flatMap(posts)) },
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "One of `API_KEYS`." },
      },
    },
  };
}

const json = (schema: z.ZodType) => jsonSchema(schema, "draft-2020-12");

/** The `type` and `data` of each event of a protocol that backends may post. */
function posts({ name, posts, events }: AnyProtocol): [string, object][] {
  const schemas: Schemas = events;
  return Object.entries(posts).flatMap(([type, posting]) => {
    const event = schemas[type];
    if (!event) return [];
    const frame = z.object({ type: z.literal(type), data: posting?.schema ?? event });
    const examples = examplesOf(event).map((data) => ({ type, data }));
    return [[nameOf(name, type), { ...json(frame), examples }]];
  });
}

function operationObject(operation: Operation) {
  const { method, path, summary, body } = operation;
  const forBackends = path.startsWith("/v1/");
  return {
    operationId: nameOf(method, ...path.replace(/[{}]/g, "").split("/").slice(1)),
    summary,
    tags: [forBackends ? "for backends" : "open to all"],
    parameters: parameters(operation),
    ...(body && { requestBody: bodyObject(body) }),
    responses: {
      ...Object.fromEntries(answers(operation)),
      ...Object.fromEntries(problems(operation, forBackends).map((status) => [status, refused(status)])),
      default: refused(),
    },
    security: forBackends ? [{ apiKey: [] }] : [],
  };
}

function parameters({ path, params, query }: Operation): object[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    ...{ name, in: "path", required: true },
    schema: json(params?.[name] ?? z.string()),
  }));
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    ...{ name, in: "query", required: false },
    schema: json(schema),
  }));
  return [...inPath, ...inQuery];
}

/** A missing body counts as an empty object. */
const bodyObject = (body: z.ZodType) => ({
  required: !body.safeParse({}).success,
  content: jsonContent(json(body)),
});

const jsonContent = (schema: object) => ({ "application/json": { schema } });

function answers({ answers }: Operation): [string, object][] {
  return Object.entries(answers).map(([status, answer]) => {
    const description = status.startsWith("2") ? "Success." : "Not ready.";
    if (answer === null) return [status, { description }];
    const content = typeof answer === "string" ? { [answer]: {} } : jsonContent(json(answer));
    return [status, { description, content }];
  });
}

const problems = ({ body, problems = [] }: Operation, forBackends: boolean): number[] => [
  ...problems,
  ...(forBackends ? [401] : []),
  ...(body ? [413] : []),
];

const refused = (status?: number) => ({
  description: (status && PROBLEMS[status]) ?? UNEXPECTED,
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/problem" } } },
});
