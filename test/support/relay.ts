import net from "node:net";
import { connect, type TestClient } from "./client.ts";

/** Where clients connect: a server, or a relay in front of one. */
export interface Target {
  connect(path: string, options?: Bun.WebSocketOptions): Promise<TestClient>;
}

/** A wire that can go bad: a TCP relay, so that any client can become a peer that no longer reads, or is gone. */
export async function startRelay(port: number) {
  const wires: { readonly near: net.Socket; readonly far: net.Socket }[] = [];
  const relay = net.createServer((near) => {
    const far = net.connect(port, "127.0.0.1");
    wires.push({ near, far });
    for (const end of [near, far]) end.on("error", () => {});
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  const address = relay.address();
  if (typeof address !== "object" || address === null) throw new Error("the relay has no port");

  const breakOff = () => {
    for (const { near, far } of wires) {
      near.destroy();
      far.destroy();
    }
  };

  return {
    port: address.port,
    connect: (path: string, options?: Bun.WebSocketOptions) =>
      connect(`ws://127.0.0.1:${address.port}${path}`, options),
    /** From now on nothing that the server sends is read. */
    freeze() {
      for (const { near, far } of wires) {
        far.unpipe(near);
        far.pause();
      }
    },
    /** Ends all its connections without a word. */
    breakOff,
    stop() {
      breakOff();
      relay.close();
    },
  };
}
