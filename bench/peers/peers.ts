import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PeerName } from "../scenarios.ts";
import { mosquitto } from "./mosquitto.ts";
import { nats } from "./nats.ts";

/** A server that is not ours, on this machine. */
export interface Peer {
  label: string;
  /** What must be done before it can be started; undefined when nothing. */
  missing(): string | undefined;
  /** It has to listen on this port of 127.0.0.1; the directory is its own. */
  command(port: number, directory: string): string[];
}

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
