import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { type ChildServer, startChild } from "../../support/child.ts";
import { connect, type Frame, type TestClient } from "../../support/client.ts";
import { Random } from "../../support/random.ts";
import { Replica } from "../../support/replica.ts";
import { COLLABORATION } from "./clients.ts";

const AUTHORS = 5;
const ROUNDS = 3;
const SESSION = "session_123";
const ENV = { CONNECTION_RATE_LIMIT: "0", ROOM_RATE_LIMIT: "0" };

let server: ChildServer | undefined;
let directory: string | undefined;
afterEach(async () => {
  await server?.kill();
  if (directory) rmSync(directory, { recursive: true });
});

async function open(running: ChildServer, userId: string): Promise<TestClient> {
  return connect((await running.url(userId)).replace("/ws?", `${COLLABORATION}?`));
}

/** Types and erases as fast as it is acknowledged, over one connection after another. No character is typed twice. */
class Writer {
  /** All that it has ever taken away. */
  readonly erased = new Set<string>();
  acknowledged = 0;
  isWriting = true;
  #client: TestClient | undefined;
  readonly replica: Replica;

  constructor(
    userId: string,
    private readonly random: Random,
    private readonly next: () => string,
    private readonly heard: () => void,
  ) {
    this.replica = new Replica(userId, (type, data, id) =>
      this.#client?.send({ type, id, data: { ...data, sessionId: SESSION } }),
    );
  }

  async comeBack(running: ChildServer): Promise<void> {
    const client = await open(running, this.replica.userId);
    this.#client = client;
    client.socket.addEventListener("message", ({ data }) => {
      const frame: Frame = JSON.parse(String(data));
      if (!["session_joined", "edit", "edit_ack", "error"].includes(frame["type"])) return;
      this.replica.receive(frame);
      if (frame["type"] === "edit_ack") this.acknowledged++;
      this.#write();
      this.heard();
    });
    this.replica.join();
  }

  #write(): void {
    const { replica, random } = this;
    if (this.isWriting && replica.isSettled) {
      const where = random.whole(0, replica.length);
      if (random.chance(0.4))
        for (const one of replica.erase(where, random.whole(1, 8))) this.erased.add(one);
      else replica.type(where, Array.from({ length: random.whole(1, 4) }, this.next));
    }
    replica.flush(random.whole(0, 9));
  }
}

test("whenever the server is killed, no acknowledged edit is lost or applied twice, and all agree afterwards", async () => {
  directory = mkdtempSync(joinPath(tmpdir(), "collaboration-kill-"));
  const random = new Random(Random.seed());
  const typed: string[] = [];
  const character = () => {
    const one = String.fromCodePoint(0x4e00 + typed.length);
    typed.push(one);
    return one;
  };
  let look = () => {};
  const writers = Array.from(
    { length: AUTHORS },
    (_, n) => new Writer(`author-${n}`, random, character, () => look()),
  );
  const until = (isSo: () => boolean) =>
    new Promise<void>((resolve) => {
      look = () => isSo() && resolve();
      look();
    });
  const acknowledged = () => writers.reduce((sum, writer) => sum + writer.acknowledged, 0);

  for (let round = 0; round < ROUNDS; round++) {
    server = await startChild({ directory, env: ENV });
    for (const writer of writers) await writer.comeBack(server);
    const enough = acknowledged() + random.whole(50, 400);
    await until(() => acknowledged() >= enough);
    await server.kill();
  }
  server = await startChild({ directory, env: ENV });
  for (const writer of writers) writer.isWriting = false;
  for (const writer of writers) await writer.comeBack(server);
  await until(() => writers.every(({ replica }) => replica.isSettled));

  const late = await open(server, "late");
  late.send({ type: "join_session", data: { sessionId: SESSION, role: "observer" } });
  const { content, version } = (await late.next("session_joined"))["data"];
  await until(() => writers.every(({ replica }) => replica.version === version));
  for (const { replica } of writers) expect(replica.text).toBe(content);
  const erased = new Set(writers.flatMap((writer) => [...writer.erased]));
  expect(Array.from<string>(content).sort()).toEqual(typed.filter((one) => !erased.has(one)).sort());
  expect(acknowledged()).toBeGreaterThan(ROUNDS * 50);
});
