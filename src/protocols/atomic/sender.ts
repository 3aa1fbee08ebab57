import { z } from "zod";
import { id } from "../../core/protocol/identifiers.ts";

/** Fields in which a client may name the sender of a message, as the server's own frames do. */
export const senderIds = { userId: id.optional(), authorId: id.optional() };
const ids = z.object(senderIds);

/**
 * The user that a message names as its sender, if any. Where the two ids differ, one of them is false, and
 * neither counts.
 */
export const sender = ({ userId, authorId = userId }: z.output<typeof ids>): string | undefined =>
  userId === undefined || userId === authorId ? authorId : "";
