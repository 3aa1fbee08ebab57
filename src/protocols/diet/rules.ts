import type { z } from "zod";
import type { Rule } from "../../core/protocol/rule.ts";
import { catalogue } from "./catalogue.ts";
import type { Message, State } from "./client.ts";
import { enveloped } from "./frames.ts";
import { groupRoom } from "./rooms.ts";
import { createMessages, type MessageType } from "./schema.ts";

type Messages = ReturnType<typeof createMessages>;
type Enveloped = { readonly [Type in MessageType]: z.ZodType<Message<Type>> };
type Rules = { readonly [Type in MessageType]: Rule<Message<Type>, State> };
type Fields = Readonly<Record<string, unknown>>;

/** The messages that clients may send, each in its envelope. */
export const createEnveloped = (maxContentLength: number): Enveloped =>
  perType(createMessages(maxContentLength), enveloped) as Enveloped;

/** No user has this id: a message that names two senders belongs to neither. */
const NOBODY = "";

/**
 * Rules from the catalogue: the client must be the sender that the message names, and must have access to the
 * group that it names.
 */
export const rules: Rules = perType(createMessages(1), (_, type) => ({
  ...{ allow: "user", cost: 1 },
  sender({ data, metadata }: { data: Fields; metadata?: { userId?: string } }) {
    const sender = String(data[catalogue[type].user]);
    return (metadata?.userId ?? sender) === sender ? sender : NOBODY;
  },
  leaves: type === "group.member.left",
  room({ data }: { data: Fields }) {
    return typeof data["groupId"] === "string" ? groupRoom(data["groupId"]) : undefined;
  },
})) as Rules;

/** TypeScript loses the relation of keys and values here. */
function perType(messages: Messages, make: (schema: Messages[MessageType], type: MessageType) => unknown) {
  const types = Object.keys(messages) as MessageType[];
  return Object.fromEntries(types.map((type) => [type, make(messages[type], type)]));
}
