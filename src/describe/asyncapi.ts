import { z } from "zod";
import type { AnyProtocol } from "../core/protocol/protocol.ts";
import type { Action, Channel } from "./channels.ts";
import { resumeQuery } from "./resuming.ts";
import { jsonSchema } from "./schema.ts";
import { type Admission, securitySchemes } from "./security.ts";

export interface Place {
  readonly version: string;
  /** Address where it listens: `localhost:3001`. */
  readonly host: string;
  readonly secure: boolean;
}

/**
 * All contracts, both directions, as AsyncAPI 3.0. Derived from the schemas that check sent and posted
 * messages.
 */
export function asyncapi(channels: readonly Channel[], { version, host, secure }: Place) {
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Switchboard",
      version,
      description:
        "Every message that this server accepts and every frame that it sends, contract by contract.",
    },
    defaultContentType: "application/json",
    servers: {
      here: {
        host: "{host}",
        protocol: secure ? "wss" : "ws",
        variables: { host: { default: host, description: "Address of the server." } },
      },
    },
    channels: Object.fromEntries(channels.map((channel) => [channel.key, channelObject(channel)])),
    operations: Object.fromEntries(channels.flatMap(operationsOf)),
    components: {
      messages: Object.fromEntries(channels.flatMap(messagesOf)),
      securitySchemes,
    },
  };
}

function messagesOf({ protocol, messages }: Channel): [string, object][] {
  return messages.map(({ key, name, action, payload, examples }) => {
    const title = `${protocol.name}: ${name}, ${action === "receive" ? "from clients" : "from the server"}`;
    return [key, { name, title, payload, examples: examples.map((payload) => ({ payload })) }];
  });
}

const refTo = (...path: string[]) => ({ $ref: `#/${path.join("/")}` });

function channelObject({ path, protocol, admission, messages }: Channel) {
  const { subprotocol } = protocol;
  return {
    address: path,
    title: protocol.name,
    description: admission.words,
    messages: Object.fromEntries(messages.map(({ key }) => [key, refTo("components", "messages", key)])),
    bindings: {
      ws: {
        method: "GET",
        ...queryOf(protocol, admission),
        ...(subprotocol !== undefined && { headers: subprotocolHeader(subprotocol) }),
        bindingVersion: "0.1.0",
      },
    },
  };
}

/** As JSON Schema. The token is required in the query where no other place is possible. */
function queryOf({ frames, guests }: AnyProtocol, { inQuery, inMessage }: Admission): { query: object } {
  const isNeeded = !inMessage && !guests;
  const token = { token: isNeeded ? z.string() : z.string().optional() };
  const query = z.object({ ...(inQuery && token), ...frames.query?.shape, ...resumeQuery });
  return { query: jsonSchema(query, "draft-7") };
}

const subprotocolHeader = (subprotocol: string) => ({
  type: "object",
  properties: { "Sec-WebSocket-Protocol": { const: subprotocol } },
  required: ["Sec-WebSocket-Protocol"],
});

const TITLES: Record<Action, (protocol: string) => string> = {
  receive: (protocol) => `Messages from clients of ${protocol}`,
  send: (protocol) => `Frames from the server to clients of ${protocol}`,
};

function operationsOf({ key, protocol, admission, messages }: Channel): [string, object][] {
  return (["receive", "send"] as const).map((action) => [
    `${key}.${action}`,
    {
      action,
      channel: refTo("channels", key),
      title: TITLES[action](protocol.name),
      ...securityOf(admission),
      messages: messages
        .filter((message) => message.action === action)
        .map((message) => refTo("channels", key, "messages", message.key)),
    },
  ]);
}

const securityOf = ({ schemes }: Admission) =>
  schemes.length === 0
    ? {}
    : { security: schemes.map((scheme) => refTo("components", "securitySchemes", scheme)) };
