import { type Ctx, type Message, record } from "./client.ts";
import { inboxOf } from "./rooms.ts";
import { cleaned } from "./texts.ts";

type Private = "task.started" | "task.progress" | "meal.logged" | "water.intake";
type Shared = "post.created" | "post.liked";

const say =
  <Type extends Private | Shared>(type: Type, toFriends: boolean) =>
  (ctx: Ctx, message: Message<Type>): void =>
    record(ctx, message, inboxOf(ctx.identity.userId), "say", {
      ...{ type, toFriends },
      data: cleaned(message.data),
    });

/** Activities of users. The user's own connections get them; friends get posts and likes too. */
export const handlers = {
  "task.started": say("task.started", false),
  "task.progress": say("task.progress", false),
  "meal.logged": say("meal.logged", false),
  "water.intake": say("water.intake", false),
  "post.created": say("post.created", true),
  "post.liked": say("post.liked", true),
};
