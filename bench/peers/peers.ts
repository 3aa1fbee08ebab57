import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PeerName } from "../names.ts";
import { mosquitto } from "./mosquitto.ts";
import { nats } from "./nats.ts";
import type { Peer } from "./peer.ts";

const onNode = (label: string, file: string): Peer => ({
  label,
  missing() {
    if (!Bun.which("node")) return "node is not installed";
    if (!existsSync(join(import.meta.dir, "../node_modules"))) return "run bun install --cwd bench";
    return undefined;
  },
  command: (port) => ["node", join(import.meta.dir, file), String(port)],
});

export const peers: Record<PeerName, Peer> = {
  "node-ws": onNode("Node + ws", "node-ws.mjs"),
  "socket.io": onNode("Socket.IO on Node", "socket-io.mjs"),
  nats,
  mosquitto,
};
