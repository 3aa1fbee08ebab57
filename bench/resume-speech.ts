import { content } from "./words.ts";

/** A database that was used before knows the numbers of another run. */
const RUN = crypto.randomUUID().slice(0, 8);

/** Servers whose clients can ask for what they have missed. */
export type Resumes = "FULL" | "NORMAL" | "socket.io";

/** How one client speaks to its server. Messages are numbered in each room, from 1, by their ids. */
export interface Speech {
  /** The path to connect to: it asks for what was missed since the last connection. */
  path(): string;
  hello?(): string;
  /** What has to be said to a frame, or `in`: the room is joined. */
  answer(frame: string): string | undefined;
  numberOf(frame: string): number | undefined;
  message(number: number): string;
}

export const speech = (server: Resumes, room: string, token: string): Speech =>
  server === "socket.io" ? socketIo(room, token) : gurukul(room, token);

function numberIn(frame: string): number | undefined {
  const at = frame.lastIndexOf('"messageId":"n-');
  return at < 0 ? undefined : Number.parseInt(frame.slice(at + '"messageId":"n-'.length), 10);
}

function gurukul(room: string, token: string): Speech {
  let offset: number | undefined;
  return {
    path: () => {
      const asked =
        offset === undefined ? "offsets=1" : `resume=${encodeURIComponent(`chat:${room}@${offset}`)}`;
      return `/ws?token=${token}&${asked}`;
    },
    hello: () =>
      JSON.stringify({ type: "chat_update", data: { action: "join", chatId: room }, timestamp: Date.now() }),
    answer: (frame) => {
      // The room that is joined for the first time says where it is, one that is resumed has a verdict.
      if (frame.startsWith('{"type":"resumed"')) return "in";
      if (!frame.startsWith('{"type":"placed"') || !frame.includes('"chat:')) return undefined;
      offset = JSON.parse(frame).data.offset;
      return "in";
    },
    numberOf: (frame) => {
      if (!frame.startsWith('{"type":"message"')) return undefined;
      offset = Number.parseInt(frame.slice(frame.lastIndexOf('"offset":') + '"offset":'.length), 10);
      return numberIn(frame);
    },
    message: (number) => {
      const data = { chatId: room, content, messageId: `n-${number}-${RUN}` };
      return JSON.stringify({ type: "message", data, timestamp: Date.now() });
    },
  };
}

/** Socket.IO's connection state recovery: the client says its private id and the offset of the last packet. */
function socketIo(room: string, token: string): Speech {
  let pid: string | undefined;
  let offset = "";
  return {
    path: () => "/socket.io/?EIO=4&transport=websocket",
    answer: (frame) => {
      if (frame.startsWith("0"))
        return `40${JSON.stringify({ token, ...(pid !== undefined && { pid, offset }) })}`;
      if (frame === "2") return "3";
      if (frame.startsWith("40")) {
        const known = pid;
        pid = JSON.parse(frame.slice(2)).pid;
        return pid === known ? "in" : `42${JSON.stringify(["join", room])}`;
      }
      if (frame.startsWith("42")) offset = frame.slice(frame.lastIndexOf(',"') + 2, -2);
      return frame.startsWith('42["joined"') ? "in" : undefined;
    },
    numberOf: (frame) => (frame.startsWith('42["message"') ? numberIn(frame) : undefined),
    message: (number) =>
      `42${JSON.stringify(["message", { chatId: room, content, messageId: `n-${number}-${RUN}` }])}`,
  };
}
