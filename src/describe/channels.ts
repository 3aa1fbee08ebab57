import type { z } from "zod";
import type { AnyProtocol } from "../core/protocol/protocol.ts";
import type { Schemas } from "../core/protocol/schemas.ts";
import { resumeFrames } from "./resuming.ts";
import { examplesOf, type JsonSchema, jsonSchema, nameOf } from "./schema.ts";
import { admissionOf } from "./security.ts";

/** Time of the examples, in milliseconds since the epoch. */
const TIME = Date.UTC(2024, 0, 3);

/** From the server's point of view: it receives messages and sends events. */
export type Action = "receive" | "send";

export interface Described {
  readonly action: Action;
  /** Its type in the contract, or a name for it. */
  readonly name: string;
  /** Its name in the document. */
  readonly key: string;
  /** Schema of the whole frame. */
  readonly payload: JsonSchema;
  readonly examples: readonly unknown[];
}

export type Channel = ReturnType<typeof channelsOf>[number];

/** One channel for each endpoint of a protocol, with the messages and events that are possible there. */
export function channelsOf(protocol: AnyProtocol) {
  const all = describedOf(protocol);
  return protocol.paths.map((path) => {
    const state = protocol.open(new URL(path, "ws://localhost"));
    const isThere = ({ action, name }: Described): boolean =>
      action === "receive"
        ? (protocol.rules[name]?.at?.(state) ?? true)
        : Object.hasOwn(resumeFrames, name) || (protocol.frames.isHeard?.(name, state) ?? true);
    const key = nameOf(protocol.name, ...path.split("/").filter((part) => part !== ""));
    return { key, path, protocol, admission: admissionOf(protocol, path), messages: all.filter(isThere) };
  });
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
    ...Object.entries({ ...events, ...resumeFrames }).map(([kind, data]) => {
      const examples = examplesOf(data).map((example) => sent(kind, example));
      return made("send", kind, frames.event(kind, data), examples);
    }),
    ...Object.entries(others).map(([name, frame]) => made("send", name, frame, examplesOf(frame))),
  ];
}
