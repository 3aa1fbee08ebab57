import { expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { type ChildServer, startChild } from "../support/child.ts";
import type { TestClient } from "../support/client.ts";
import { temporaryDirectory } from "../support/directory.ts";

const LIMIT = 100;

/** Those who come before it is noticed that there are descriptors again are turned away as well. */
async function entered(server: ChildServer): Promise<TestClient> {
  for (;;) {
    try {
      return await server.chat("bob");
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const onLinux = test.skipIf(process.platform !== "linux");

onLinux(
  "without a file descriptor left, new connections are closed, the operator is told once, and the others go on",
  async () => {
    const limited = ["bash", "-c", `ulimit -n ${LIMIT}; exec "$@"`, "--"];
    const server = await startChild({ directory: temporaryDirectory(), through: limited });
    const kept = await server.chat("ada");
    const sockets: Socket[] = [];
    await new Promise<void>((turnedAway) => {
      for (let n = 0; n < LIMIT; n++) {
        const socket = connect(Number(server.port), "127.0.0.1");
        socket.on("error", () => {});
        socket.on("close", () => turnedAway());
        sockets.push(socket);
      }
    });
    await kept.drain();
    for (const socket of sockets) socket.destroy();
    const newcomer = await entered(server);
    await newcomer.drain();
    await server.kill();
    const lines = (await server.errors).split("\n").filter((line) => line.includes("no file descriptor"));
    expect(lines).toHaveLength(1);
  },
);
