import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Peer } from "./peer.ts";

export const nats: Peer = {
  label: "NATS",
  missing: () => (Bun.which("nats-server") ? undefined : "apt-get install nats-server"),
  command(port, directory) {
    const file = join(directory, "nats.conf");
    // A port of -1 is a free one: its own protocol is not used here.
    writeFileSync(
      file,
      `host: 127.0.0.1
port: -1
log_file: "${join(directory, "nats.log")}"
websocket { host: 127.0.0.1, port: ${port}, no_tls: true }
`,
    );
    return ["nats-server", "--config", file];
  },
};
