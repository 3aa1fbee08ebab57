import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Peer } from "./peers.ts";

const program = Bun.which("mosquitto") ?? "/usr/sbin/mosquitto";

export const mosquitto: Peer = {
  label: "Mosquitto",
  missing: () => (Bun.which(program) ? undefined : "apt-get install mosquitto"),
  command(port, directory) {
    const file = join(directory, "mosquitto.conf");
    // Messages of QoS 0 that a connection cannot take at once are dropped beyond the queue; here nothing may be missing.
    writeFileSync(
      file,
      `listener ${port} 127.0.0.1
protocol websockets
allow_anonymous true
set_tcp_nodelay true
max_queued_messages 0
log_type error
`,
    );
    return [program, "-c", file];
  },
};
