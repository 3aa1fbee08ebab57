import type { Frame } from "../../support/client.ts";
import { AT, type DietClient } from "../../support/diet.ts";

/** Its text is its id, unless another is given. */
export const direct = (from: string, to: string, messageId: string, content = messageId): Frame => ({
  ...{ messageId, fromUserId: from, toUserId: to, content, timestamp: AT, isRead: false },
});
export const read = (client: DietClient, messageId: string) =>
  client.ask("message.read", { messageId, userId: client.userId, readAt: AT });

/** Events of this type that have come since the last look. */
export const of = async (client: DietClient, type: string) =>
  (await client.events()).filter((frame) => frame["type"] === type);
export const idsOf = async (client: DietClient) =>
  (await of(client, "direct.message")).map(({ data }) => data.messageId);
