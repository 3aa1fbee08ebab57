import type { z } from "zod";
import type { Rule } from "../../core/protocol.ts";
import { catalogue } from "./catalogue.ts";
import type { Message, State } from "./client.ts";
import { enveloped } from "./frames.ts";
import { groupRoom } from "./rooms.ts";
import { createMessages, type MessageType } from "./schema.ts";

type Messages = ReturnType<typeof createMessages>;
type Enveloped = { readonly [Type in MessageType]: z.ZodType<Message<Type>> };
type Rules = { readonly [Type in MessageType]: Rule<Message<Type>, State> };
type Fields = Readonly<Record<string, unknown>>;

/** What clients may send, each in its envelope. */
export const createEnveloped = (maxContentLength: number): Enveloped =>
  perType(createMessages(maxContentLength), enveloped) as Enveloped;

/** No user's id: a message that names two senders is neither's. */
const NOBODY = "";

/** As the catalogue has them: the sender is who the message says, and may be in the group that it names. */
export const rules: Rules = perType(createMessages(1), (_, type) => ({
  ...{ allow: "user", cost: 1 },
  sender({ data, metadata }: { data: Fields; metadata?: { userId?: string } }) {
    const sender = String(data[catalogue[type].user]);
    return (metadata?.userId ?? sender) === sender ? sender : NOBODY;
  },
  room({ data }: { data: Fields }) {
    return typeof data["groupId"] === "string" ? groupRoom(data["groupId"]) : undefined;
  },
})) as Rules;

/** TypeScript forgets the types of keys and values that it is led through. */
function perType(messages: Messages, make: (schema: Messages[MessageType], type: MessageType) => unknown) {
  const types = Object.keys(messages) as MessageType[];
  return Object.fromEntries(types.map((type) => [type, make(messages[type], type)]));
}
