/**
 * A relay as one writes it with Node and ws: JSON in, JSON out, a loop over the room. The frames are those of the server;
 * there are no limits and no storage, and tokens are checked only with CHECK_TOKENS. Listens on the port it is told.
 */
import { createServer } from "node:http";
import { jwtVerify } from "jose";
import { WebSocketServer } from "ws";

const secret = process.env["CHECK_TOKENS"] && new TextEncoder().encode(process.env["JWT_SECRET"]);
/** @type {Map<string, Set<import("ws").WebSocket>>} */
const rooms = new Map();
let messages = 0;

function join(socket, room) {
  const members = rooms.get(room) ?? new Set();
  rooms.set(room, members.add(socket));
  socket.on("close", () => members.delete(socket));
}

function publish(room, frame) {
  // Encoded once: ws would encode a string anew for each member.
  const bytes = Buffer.from(frame);
  for (const member of rooms.get(room) ?? []) member.send(bytes, { binary: false });
}

const contracts = {
  "/ws"(socket, { type, data }) {
    // A hyperfocus viewer, who only listens.
    if (type === "connection:init") {
      join(socket, "viewers");
      return socket.send('{"type":"connection:ack"}');
    }
    const { action, chatId, content, messageId } = data;
    if (type === "message") {
      const message = {
        ...{ id: `msg-3upvpj4qhoz8c2-${++messages}`, chatId, userId: "user-0", content, role: "user" },
        ...{ timestamp: "2024-01-15T10:30:00.000Z", metadata: {} },
      };
      const body = { chatId, message, messageId };
      publish(chatId, JSON.stringify({ type, data: body, timestamp: Date.now() }));
    } else if (type === "chat_update" && action === "join") {
      join(socket, chatId);
      const updates = { title: chatId, messageCount: messages, lastMessage: "" };
      socket.send(JSON.stringify({ type, data: { chatId, updates }, timestamp: Date.now() }));
    }
  },
  "/api/chat/ws"(socket, { type, id, data: { content, messageType } }) {
    const timestamp = new Date().toISOString();
    const author = { author: "Somebody", authorId: "user-0" };
    const data = { id: `msg-3upvpj4qhoz8c2-${++messages}`, content, ...author, messageType, timestamp };
    publish(socket.room, JSON.stringify({ type, id, timestamp, data }));
  },
  "/api/diet/ws"(socket, { id, type, data, userId }) {
    if (type === "auth") {
      join(socket, userId);
      return socket.send(JSON.stringify({ type: "auth_response", success: true, userId }));
    }
    const timestamp = new Date().toISOString();
    publish(data.toUserId, JSON.stringify({ id: `inbox/${++messages}`, type, timestamp, data }));
    socket.send(JSON.stringify({ id, type, timestamp, success: true, data }));
  },
  "/api/ws"(socket) {
    join(socket, "viewers");
    socket.send('{"v":1,"type":"ack"}');
  },
};

const posted = {
  hyperfocus: (type, payload) => ({ type, payload, timestamp: new Date().toISOString(), version: "1.0.0" }),
  discord: (event, payload) => ({ v: 1, type: "event", event, payload, ts: Date.now() }),
};

const http = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const events = [JSON.parse(Buffer.concat(chunks).toString())].flat();
  const frame = posted[request.url.split("/")[2]];
  if (rooms.get("viewers")?.size) {
    for (const { type, data } of events) publish("viewers", JSON.stringify(frame(type, data)));
  }
  const body = JSON.stringify({ accepted: events.length, ids: events.map(({ data }) => data.giftId) });
  response.writeHead(200, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
});

const handshakes = new WebSocketServer({ noServer: true });
http.on("upgrade", async (request, tcp, head) => {
  const { pathname, searchParams } = new URL(request.url, "http://127.0.0.1");
  if (secret) await jwtVerify(searchParams.get("token"), secret, { algorithms: ["HS256"] });
  handshakes.handleUpgrade(request, tcp, head, (socket) => {
    const hear = contracts[pathname];
    socket.on("message", (text) => hear(socket, JSON.parse(text)));
    if (pathname === "/api/chat/ws") {
      socket.room = searchParams.get("contextId");
      join(socket, socket.room);
      socket.send('{"type":"connected"}');
    }
  });
});
http.listen(Number(process.argv[2]), "127.0.0.1");
