/**
 * Socket.IO on Node, over WebSocket alone. Tokens are checked only with CHECK_TOKENS, what was missed is told with RECOVERY. Listens on the port it is told.
 */
import { createServer } from "node:http";
import { jwtVerify } from "jose";
import { Server } from "socket.io";

const secret = process.env["CHECK_TOKENS"] && new TextEncoder().encode(process.env["JWT_SECRET"]);
const http = createServer();
const connectionStateRecovery = process.env["RECOVERY"] && { maxDisconnectionDuration: 120_000 };
const io = new Server(http, {
  ...{ transports: ["websocket"], serveClient: false },
  ...(connectionStateRecovery && { connectionStateRecovery }),
});
let messages = 0;

if (secret) {
  io.use((socket, next) => {
    jwtVerify(socket.handshake.auth.token, secret, { algorithms: ["HS256"] }).then(() => next(), next);
  });
}
io.on("connection", (socket) => {
  socket.on("join", (room) => {
    socket.join(room);
    socket.emit("joined");
  });
  socket.on("message", ({ chatId, content, messageId }) => {
    const message = {
      ...{ id: `msg-3upvpj4qhoz8c2-${++messages}`, chatId, userId: "user-0", content, role: "user" },
      ...{ timestamp: "2024-01-15T10:30:00.000Z", metadata: {} },
    };
    io.to(chatId).emit("message", { chatId, message, messageId, timestamp: Date.now() });
  });
});
http.listen(Number(process.argv[2]), "127.0.0.1");
