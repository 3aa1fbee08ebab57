import { fill } from "./contracts.js";
import { parseJson } from "./json.js";
import { settings } from "./server.js";

/**
 * Opens a WebSocket with the subprotocol, the token and the first message of an endpoint, and answers the frames that a
 * client must answer. `query` is added to the address; `joins` are sent once it is open. `on` has `opened()`,
 * `frame(direction, text, value)` and `closed(code, reason)`.
 */
export function openLine(contract, endpoint, who, { query, joins }, on) {
  const url = new URL(endpoint.path.replace("{path}", settings.path), location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  for (const [name, value] of Object.entries({ ...fill(endpoint.query ?? {}, who), ...query })) {
    if (value !== "") url.searchParams.set(name, value);
  }
  const socket = contract.subprotocol ? new WebSocket(url, contract.subprotocol) : new WebSocket(url);
  const send = (text) => {
    socket.send(text);
    on.frame("out", text, parseJson(text));
  };
  socket.addEventListener("open", () => {
    on.opened();
    if (contract.first) send(JSON.stringify(fill(contract.first, who)));
    for (const frame of joins) send(JSON.stringify(frame));
  });
  socket.addEventListener("message", ({ data }) => {
    const frame = parseJson(data);
    on.frame("in", data, frame);
    const answer = contract.answers?.[frame?.type];
    if (answer) send(JSON.stringify(fill(answer, { ...who, frame })));
  });
  socket.addEventListener("close", ({ code, reason }) => on.closed(code, reason));
  return { send, close: () => socket.close(1000), isOpen: () => socket.readyState === WebSocket.OPEN };
}
