import { z } from "zod";
import { id } from "../../core/names.ts";

/** Ids by which a client may name the sender of a message, as the server's own frames do. */
export const senderIds = { userId: id.optional(), authorId: id.optional() };
const ids = z.object(senderIds);

/** The user that a message names as its sender, if it does; where it names two, one is not, and it is nobody. */
export const sender = ({ userId, authorId = userId }: z.output<typeof ids>): string | undefined =>
  userId === undefined || userId === authorId ? authorId : "";
