import type { Dialect } from "../dialect.ts";
import { textFrame } from "../frames.ts";
import { content } from "../words.ts";

const AUTH_RESPONSE = Buffer.from('{"type":"auth_response","success":true');
// Neither a refusal nor anything else that is sent here has one.
const MESSAGE_ID = Buffer.from('"messageId":"m-');
const timestamp = "2026-03-02T08:30:00.000Z";

/** Direct messages of the diet contract, in rooms of two users: one hears the message, the other that it is confirmed. */
export const diet: Dialect = {
  grant: (room) => `group:${room}`,
  path: () => "/api/diet/ws",
  hello: ({ user, token }) => textFrame({ type: "auth", token, userId: `user-${user}`, sessionId: "s" }),
  message: ({ user }, messageId) => {
    const people = { fromUserId: `user-${user}`, toUserId: `user-${user + 1}` };
    const data = { messageId, ...people, content, timestamp, isRead: false };
    return textFrame({ id: messageId, type: "direct.message", timestamp, data });
  },
  hear: (ears) => (bytes, start, end) => {
    const holds = (part: Buffer) => {
      const at = bytes.indexOf(part, start);
      return at >= 0 && at < end;
    };
    if (bytes[start + 2] === AUTH_RESPONSE[2] && holds(AUTH_RESPONSE)) ears.joined();
    else if (holds(MESSAGE_ID)) ears.message(bytes, start, end);
    else ears.wrong(bytes, start, end);
  },
};
