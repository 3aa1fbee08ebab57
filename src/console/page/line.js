import { fill } from "./contracts.js";
import { settings } from "./server.js";

/**
 * One WebSocket as an endpoint wants it: its subprotocol, its token, its first message, and answers to what must be
 * answered. `on` has `opened()`, `frame(direction, text)` and `closed(code, reason)`.
 */
export function openLine(contract, endpoint, who, on) {
  const url = new URL(endpoint.path.replace("{path}", settings.path), location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  for (const [name, value] of Object.entries(fill(endpoint.query ?? {}, who))) {
    if (value !== "") url.searchParams.set(name, value);
  }
  const socket = contract.subprotocol ? new WebSocket(url, contract.subprotocol) : new WebSocket(url);
  const send = (text) => {
    socket.send(text);
    on.frame("out", text);
  };
  socket.addEventListener("open", () => {
    on.opened();
    if (contract.first) send(JSON.stringify(fill(contract.first, who)));
  });
  socket.addEventListener("message", ({ data }) => {
    on.frame("in", data);
    for (const [type, answer] of Object.entries(contract.answers ?? {})) {
      const frame = JSON.parse(data);
      if (frame.type === type) send(JSON.stringify(fill(answer, { ...who, frame })));
    }
  });
  socket.addEventListener("close", ({ code, reason }) => on.closed(code, reason));
  return { send, close: () => socket.close(1000), isOpen: () => socket.readyState === WebSocket.OPEN };
}
