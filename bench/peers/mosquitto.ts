import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Peer } from "./peer.ts";

const program = Bun.which("mosquitto") ?? "/usr/sbin/mosquitto";

export const mosquitto: Peer = {
  label: "Mosquitto, over TCP",
  missing: () => (Bun.which(program) ? undefined : "apt-get install mosquitto"),
  command(port, directory) {
    const file = join(directory, "mosquitto.conf");
    // Over TCP: the WebSocket listener of 2.0.11 takes 200 ms for an upgrade, and a thousand members would take minutes to
    // join. Beyond its queue it drops messages, and none may be missing here.
    writeFileSync(
      file,
      `listener ${port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
max_queued_messages 0
log_type error
`,
    );
    return [program, "-c", file];
  },
};
