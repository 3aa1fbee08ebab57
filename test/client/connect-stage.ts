import type { ClientOptions, ConnectionEvent } from "../../packages/client/src/index.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { clients } from "./clients.ts";
import { fakeSockets } from "./support.ts";

/** A client whose server and time are the test's. */
export function stage(name: keyof typeof clients, options: Partial<ClientOptions> = {}) {
  const clock = new FakeClock(0);
  const sockets = fakeSockets();
  const events: ConnectionEvent[] = [];
  const client = clients[name].create({
    ...{ url: "ws://server/path", token: "a token", clock, random: () => 0 },
    createSocket: sockets.create,
    ...options,
  });
  client.onConnectionEvent((event) => events.push(event));
  const admit = async () => {
    const socket = await sockets.next();
    socket.open();
    clients[name].letIn(socket);
    return socket;
  };
  return { ...sockets, admit, client, clock, events };
}
