import { expect, test } from "bun:test";
import { copyFileSync, renameSync, rmSync } from "node:fs";
import { databaseOf } from "../support/child.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { recordsOf } from "../support/records.ts";
import { startTestServer } from "../support/server.ts";

const SECOND = 1_000;

/** What may happen to the files of a server that runs. */
const losses: [string, (file: string) => void][] = [
  ["the database is removed", (file) => rmSync(file)],
  ["the database is moved away", (file) => renameSync(file, `${file}.old`)],
  [
    "a copy of the database takes its name",
    (file) => {
      copyFileSync(file, `${file}.copy`);
      renameSync(`${file}.copy`, file);
    },
  ],
  ["the log is removed", (file) => rmSync(`${file}-wal`)],
  ["the shared memory is removed", (file) => rmSync(`${file}-shm`)],
  ["the lock is removed", (file) => rmSync(`${file}-lock`)],
  [
    "all of its files are removed",
    (file) => {
      for (const suffix of ["", "-wal", "-shm", "-lock"]) rmSync(`${file}${suffix}`);
    },
  ],
];

test.each(losses)("when %s nothing more is confirmed, and one error says so", async (_, lose) => {
  const clock = new FakeClock();
  const server = await startTestServer({ clock });
  const ada = await server.chat("ada");
  await ada.join("c-1");
  ada.say("message", { chatId: "c-1", content: "kept", messageId: "m-1" });
  await ada.next("message");
  clock.advance(SECOND);
  expect((await server.http("GET", "/health/ready")).status).toBe(200);

  lose(databaseOf(server.directory));
  clock.advance(SECOND);
  for (const messageId of ["m-2", "m-3"]) {
    ada.say("message", { chatId: "c-1", content: "lost", messageId });
    expect((await ada.next(({ type }) => type !== "chat_update"))["type"]).toBe("error");
  }
  expect((await server.http("GET", "/health/ready")).status).toBe(503);
  expect((await server.http("PUT", "/v1/webhooks/w", { url: "http://127.0.0.1:1/" })).status).toBe(503);
  clock.advance(10 * SECOND);
  const logged = recordsOf(server, "error");
  expect(logged).toHaveLength(1);
  expect(logged[0]!["err"].message).toMatch(
    /test\.db(-\w+)? was (removed|replaced) under the running server/,
  );
  await server.stop();
});

test("files that are put back are taken for what they are", async () => {
  const clock = new FakeClock();
  const server = await startTestServer({ clock });
  const file = databaseOf(server.directory);
  const ada = await server.chat("ada");
  await ada.join("c-1");
  renameSync(file, `${file}.old`);
  clock.advance(SECOND);
  expect((await server.http("GET", "/health/ready")).status).toBe(503);
  renameSync(`${file}.old`, file);
  clock.advance(SECOND);
  expect((await server.http("GET", "/health/ready")).status).toBe(200);
  ada.say("message", { chatId: "c-1", content: "back", messageId: "m-1" });
  expect((await ada.next("message"))["data"].messageId).toBe("m-1");
  await server.stop();
});
