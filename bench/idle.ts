/**
 * `bun bench/idle.ts [--connections 9000]`: what connections cost that do nothing. All of them come at once, each a
 * user with a token who joins a chat of its own; then the server's memory is read. See docs/sizing.md.
 */
import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { cpuOf, memoryOf } from "./cpu.ts";
import { secret, startServer } from "./servers.ts";
import { tokenFor } from "./token.ts";

const WARM_UP = 500;
const SETTLE_MS = 15_000;
const { values } = parseArgs({ options: { connections: { type: "string", default: "9000" } } });
const count = Number(values.connections);

/** Resolves when the chat is joined, to false when the server refused or nothing came in 60 s. */
function come(port: number, user: string, token: string, open: Set<WebSocket>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws?token=${token}`);
  open.add(socket);
  socket.onopen = () => {
    const data = { action: "join", chatId: user };
    socket.send(JSON.stringify({ type: "chat_update", data, timestamp: Date.now() }));
  };
  socket.onmessage = () => resolve(true);
  socket.onclose = () => {
    open.delete(socket);
    resolve(false);
  };
  setTimeout(resolve, 60_000, false).unref();
  return promise;
}

const tokensOf = (name: string, users: number) =>
  Promise.all(
    Array.from({ length: users }, async (_, n) => {
      const user = `${name}-${n}`;
      return { user, token: await tokenFor(user, `chat:${user}`, secret) };
    }),
  );

await using processes = new AsyncDisposableStack();
const { port, pid } = await startServer("FULL", "", processes);

// A server that has just started compiles its code and grows its heap: that is not the connections' cost.
const first = new Set<WebSocket>();
await Promise.all(
  (await tokensOf("first", WARM_UP)).map(({ user, token }) => come(port, user, token, first)),
);
for (const socket of first) socket.close();
await Bun.sleep(SETTLE_MS);
const before = memoryOf(pid);

const tokens = await tokensOf("user", count);
const open = new Set<WebSocket>();
const [startedAt, cpu] = [performance.now(), cpuOf(pid)];
const joined = await Promise.all(tokens.map(({ user, token }) => come(port, user, token, open)));
const seconds = (performance.now() - startedAt) / 1_000;
const cpuSeconds = (cpuOf(pid) - cpu) / 1e9;
const peak = memoryOf(pid);
await Bun.sleep(SETTLE_MS);
const after = memoryOf(pid);

const refused = joined.filter((done) => !done).length;
console.log(`${count} connections at once: all answered in ${seconds.toFixed(1)} s, ${refused} refused`);
console.log(`server: ${cpuSeconds.toFixed(1)} s of CPU, ${readdirSync(`/proc/${pid}/fd`).length} open files`);
console.log(
  `memory: ${before.toFixed(0)} MiB without, ${peak.toFixed(0)} at the end of the storm, ${after.toFixed(0)} idle`,
);
console.log(`${(((after - before) * 1024) / open.size).toFixed(1)} KiB a connection, ${open.size} open`);
for (const socket of open) socket.terminate();
