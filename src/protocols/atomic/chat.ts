import type { z } from "zod";
import type { StoredEvent } from "../../core/ports/history.ts";
import type { Context } from "../../core/protocol/context.ts";
import type { Entry } from "../../core/protocol/entry.ts";
import type { Services } from "../../core/protocol/protocol.ts";
import type { Decision, Place } from "../../core/protocol/reducer.ts";
import { isWithin } from "../../core/protocol/same.ts";
import { nameOf, shownText } from "../../core/protocol/shown.ts";
import { cleanText } from "../../core/protocol/text.ts";
import { contextState } from "./contexts.ts";
import { contextRoom, type State } from "./entrance.ts";
import { encode } from "./frames.ts";
import { messageId, page, placeOf } from "./past.ts";
import type { createMessages, events, PostedMessage } from "./schema.ts";
import type { Typing } from "./typing.ts";

/** The kinds of entries in the log. */
export type ChatEntries = { message: PostedMessage };

export const applies = {
  message({ id: entryId, time, body }: Entry<PostedMessage>, { offset, state }: Place<unknown>): Decision {
    const { id = messageId(entryId, offset), content, author, authorId, messageType } = body;
    const { timeline } = contextState(state);
    const { rows, time: storedAt } = timeline.stored(time, offset);
    const data = { id, content, author, authorId, messageType, timestamp: timeline.show() };
    return { events: [{ kind: "message", counted: true, externalId: body.id, time: storedAt, data }], rows };
  },
};

export const repeats = {
  message({ sender, body }: Entry<PostedMessage>, stored: StoredEvent): boolean {
    if (stored.kind !== "message") return false;
    // A user may have another name by now.
    const { author, ...said } = body;
    return isWithin(sender === null ? body : said, JSON.parse(stored.body));
  },
};

/** Removes markup, so that no recipient gets a tag. */
export const cleaned = ({ content, author, ...rest }: PostedMessage): PostedMessage => ({
  ...rest,
  content: cleanText(content),
  author:
    rest.authorId === undefined
      ? shownText(author, "Unknown")
      : nameOf({ name: author, userId: rest.authorId }),
});

/** Bytes of a page of history around its messages. */
const HEAD_BYTES = 1_024;

type Ctx = Context<typeof events, ChatEntries, State>;
type Messages = ReturnType<typeof createMessages>;
type Message<Kind extends keyof Messages> = z.output<Messages[Kind]>;

/** Chat: messages of a context, and who is typing there. */
export function createChat(
  { history, settings, state }: Pick<Services<typeof events, ChatEntries>, "history" | "settings" | "state">,
  typing: Typing,
) {
  const maxBytes = settings.maxFrameBytes - HEAD_BYTES;
  return {
    message(ctx: Ctx, { content, messageType }: Message<"message">): void {
      const author = nameOf(ctx.identity);
      const { userId: authorId } = ctx.identity;
      const message = { content: cleanText(content), author, authorId, messageType };
      ctx.record(contextRoom(ctx.state), "message", message, { clientId: ctx.ref });
    },

    typing(ctx: Ctx, { isTyping }: Message<"typing">): void {
      typing.show(ctx, contextRoom(ctx.state), isTyping);
    },

    /** Answers in order among the messages: a message that the page does not have yet follows as an event. */
    history(ctx: Ctx, { limit, before }: Message<"history">): void {
      const room = contextRoom(ctx.state);
      const { ref: clientId } = ctx;
      const place = before === undefined ? undefined : placeOf(history, state, room, before);
      ctx.join(room, () => {
        // The connection may have lost its context since it asked.
        if (ctx.state.room === undefined) return [];
        const wanted = { before: place?.(), limit, maxBytes };
        return [encode("history", page(history, room, wanted), { time: ctx.now(), clientId })];
      });
    },
  };
}
