/**
 * What Bun alone can do: the same frames as the server, parsed, built, published, and nothing else. No
 * tokens, checks, limits or storage. Everything the server costs beyond this is what its promises cost.
 */
interface Inbound {
  type: string;
  data: { action?: string; chatId: string; content: string; messageId: string };
}

let messages = 0;

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request, server) =>
    server.upgrade(request) ? undefined : new Response("not found", { status: 404 }),
  websocket: {
    message(ws, text) {
      const { type, data }: Inbound = JSON.parse(String(text));
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
    },
  },
});

console.log(`Bare Bun.serve listening on http://localhost:${server.port}`);
