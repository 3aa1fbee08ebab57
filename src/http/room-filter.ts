import { z } from "zod";
import { roomName } from "../core/protocol/identifiers.ts";

/** Of the inboxes of users. */
export const userRoomName = z.string().regex(/^[a-z]+-(?:user|everyone):[^\s\p{C}]{1,128}$/u);

/** A room by which the feed and webhooks are filtered, or all rooms of a kind. */
export const roomOrAll = z.union(
  [roomName, userRoomName, z.string().regex(/^[a-z-]+:\*$/)],
  "must be a room such as chat:1, or all of a kind such as chat:*",
);
