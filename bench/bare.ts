/**
 * What Bun alone can do: the same frames as the server, parsed, built, published, and nothing else. No
 * checks, limits or storage; tokens are checked only with CHECK_TOKENS. Everything the server costs beyond this is
 * what its promises cost.
 */

import type { ServerWebSocket } from "bun";
import { jwtVerify } from "jose";

type Socket = ServerWebSocket<{ path: string; context: string }>;
interface Inbound {
  id: string;
  type: string;
  userId: string;
  data: {
    action?: string;
    chatId: string;
    content: string;
    messageId: string;
    messageType: string;
    toUserId: string;
  };
}

const secret = process.env["CHECK_TOKENS"] && new TextEncoder().encode(process.env["JWT_SECRET"]);
let messages = 0;

const chat = (ws: Socket, { type, data }: Inbound): void => {
  const { chatId, content, messageId } = data;
  if (type === "message") {
    const message = {
      id: `msg-3upvpj4qhoz8c2-${++messages}`,
      chatId,
      userId: "user-0",
      content,
      role: "user",
      timestamp: "2024-01-15T10:30:00.000Z",
      metadata: {},
    };
    const frame = { type, data: { chatId, message, messageId }, timestamp: Date.now() };
    server.publish(chatId, JSON.stringify(frame));
  } else if (type === "chat_update" && data.action === "join") {
    ws.subscribe(chatId);
    const updates = { title: chatId, messageCount: messages, lastMessage: "" };
    ws.send(JSON.stringify({ type, data: { chatId, updates }, timestamp: Date.now() }));
  }
};

const contracts: Record<string, (ws: Socket, message: Inbound) => void> = {
  "/api/chat/ws"(ws, { type, id, data: { content, messageType } }) {
    const timestamp = new Date().toISOString();
    const author = { author: "Somebody", authorId: "user-0" };
    const data = { id: `msg-3upvpj4qhoz8c2-${++messages}`, content, ...author, messageType, timestamp };
    server.publish(ws.data.context, JSON.stringify({ type, id, timestamp, data }));
  },
  "/api/diet/ws"(ws, { id, type, userId, data }) {
    if (type === "auth") {
      ws.subscribe(userId);
      ws.send(JSON.stringify({ type: "auth_response", success: true, userId }));
      return;
    }
    const timestamp = new Date().toISOString();
    server.publish(data.toUserId, JSON.stringify({ id: `inbox/${++messages}`, type, timestamp, data }));
    ws.send(JSON.stringify({ id, type, timestamp, success: true, data }));
  },
};

const server = Bun.serve<Socket["data"], never>({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request, server) {
    const { pathname: path, searchParams } = new URL(request.url);
    if (secret) await jwtVerify(searchParams.get("token") ?? "", secret, { algorithms: ["HS256"] });
    const data = { path, context: searchParams.get("contextId") ?? "" };
    return server.upgrade(request, { data }) ? undefined : new Response("not found", { status: 404 });
  },
  websocket: {
    data: {} as Socket["data"],
    open(ws) {
      if (!ws.data.context) return;
      ws.subscribe(ws.data.context);
      ws.send('{"type":"connected"}');
    },
    message(ws, text) {
      (contracts[ws.data.path] ?? chat)(ws, JSON.parse(String(text)));
    },
  },
});

console.log(`Bare Bun.serve listening on http://localhost:${server.port}`);
