import type { z } from "zod";
import type { AnyProtocol, Schemas } from "../core/protocol.ts";
import { examplesOf, jsonSchema, nameOf } from "./schema.ts";
import { type Admission, admissionOf, securitySchemes } from "./security.ts";

/** When the examples are of, in milliseconds since the epoch. */
const TIME = Date.UTC(2024, 0, 3);

export interface Place {
  readonly version: string;
  /** Where it listens: `localhost:3001`. */
  readonly host: string;
  readonly secure: boolean;
}

/** Seen from the server: it receives messages and sends events. */
type Action = "receive" | "send";

interface Described {
  readonly action: Action;
  /** Its type, or a name for it, as the contract has it. */
  readonly name: string;
  /** Its name in the document. */
  readonly key: string;
  readonly payload: object;
  readonly examples: readonly unknown[];
}

type Channel = ReturnType<typeof channelsOf>[number];

/** All contracts, both ways, as AsyncAPI 3.0 has it. Made of the schemas that check what is sent and posted. */
export function asyncapi(protocols: readonly AnyProtocol[], { version, host, secure }: Place) {
  const channels = protocols.flatMap(channelsOf);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Switchboard",
      version,
      description:
        "Every message that this server takes and every frame that it sends, contract by contract.",
    },
    defaultContentType: "application/json",
    servers: {
      here: {
        host: "{host}",
        protocol: secure ? "wss" : "ws",
        variables: { host: { default: host, description: "Where the server is reached." } },
      },
    },
    channels: Object.fromEntries(channels.map((channel) => [channel.key, channelObject(channel)])),
    operations: Object.fromEntries(channels.flatMap(operationsOf)),
    components: {
      messages: Object.fromEntries(protocols.flatMap(messagesOf)),
      securitySchemes,
    },
  };
}

function describedOf(protocol: AnyProtocol): Described[] {
  const { frames } = protocol;
  const { messages, events, others }: Record<"messages" | "events" | "others", Schemas> = {
    ...{ messages: protocol.messages, events: protocol.events, others: frames.others },
  };
  const made = (action: Action, name: string, frame: z.ZodType, examples: readonly unknown[]): Described => ({
    ...{ action, name, examples },
    key: nameOf(protocol.name, action, name),
    payload: jsonSchema(frame, "draft-7"),
  });
  const sent = (kind: string, data: unknown): unknown => {
    const stored = { room: `${protocol.roomKinds[0]}:1`, offset: 1 };
    return JSON.parse(protocol.envelope(kind, JSON.stringify(data), { time: TIME, ...stored }));
  };
  return [
    ...Object.entries(messages).map(([kind, body]) => {
      const examples = examplesOf(body).map((example) => frames.example(kind, example, TIME));
      return made("receive", kind, frames.message(kind, body), examples);
    }),
    ...Object.entries(events).map(([kind, data]) => {
      const examples = examplesOf(data).map((example) => sent(kind, example));
      return made("send", kind, frames.event(kind, data), examples);
    }),
    ...Object.entries(others).map(([name, frame]) => made("send", name, frame, examplesOf(frame))),
  ];
}

function messagesOf(protocol: AnyProtocol): [string, object][] {
  return describedOf(protocol).map(({ key, name, action, payload, examples }) => {
    const title = `${protocol.name}: ${name}, ${action === "receive" ? "from clients" : "from the server"}`;
    return [key, { name, title, payload, examples: examples.map((payload) => ({ payload })) }];
  });
}

/** Of a protocol one for each of its endpoints, with what can be said and heard there. */
function channelsOf(protocol: AnyProtocol) {
  const all = describedOf(protocol);
  return protocol.paths.map((path) => {
    const state = protocol.open(new URL(path, "ws://localhost"));
    const isThere = ({ action, name }: Described): boolean =>
      action === "receive"
        ? (protocol.rules[name]?.at?.(state) ?? true)
        : (protocol.frames.isHeard?.(name, state) ?? true);
    const key = nameOf(protocol.name, ...path.split("/").filter((part) => part !== ""));
    return { key, path, protocol, admission: admissionOf(protocol, path), messages: all.filter(isThere) };
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
        ...(admission.inQuery && { query: { type: "object", properties: { token: { type: "string" } } } }),
        ...(subprotocol !== undefined && { headers: subprotocolHeader(subprotocol) }),
        bindingVersion: "0.1.0",
      },
    },
  };
}

const subprotocolHeader = (subprotocol: string) => ({
  type: "object",
  properties: { "Sec-WebSocket-Protocol": { const: subprotocol } },
  required: ["Sec-WebSocket-Protocol"],
});

function operationsOf({ key, protocol, admission, messages }: Channel): [string, object][] {
  return (["receive", "send"] as const).map((action) => [
    `${key}.${action}`,
    {
      action,
      channel: refTo("channels", key),
      title: `What ${action === "receive" ? "clients of" : "the server says to clients of"} ${protocol.name}${action === "receive" ? " say" : ""}`,
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
