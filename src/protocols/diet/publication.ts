import type { Waiting } from "./inbox.ts";
import type { EventType } from "./schema.ts";

/** The body of a `say` entry: an event of a room, and what follows from it. */
export interface Publication {
  readonly type: EventType;
  readonly data: unknown;
  /** Present while the event is pending in an inbox: until it is read or answered. */
  readonly waits?: Waiting | undefined;
  /** A backend reports that this message or notification has been read. */
  readonly reads?: Pick<Waiting, "type" | "id"> | undefined;
  /** The room stores only one event under this name. */
  readonly unique?: string | undefined;
  /** The message of a group that this mention quotes: without it there is no mention. */
  readonly quotes?: { readonly room: string; readonly unique: string } | undefined;
  /** The user's friends get it too. */
  readonly toFriends?: boolean | undefined;
}
