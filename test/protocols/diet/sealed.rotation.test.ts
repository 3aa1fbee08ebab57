import { afterEach, beforeEach, expect, test } from "bun:test";
import { AT, dietClient, message } from "../../support/diet.ts";
import { alive, groupMessage, sealedClient } from "../../support/diet-sealed.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

const ROTATION = 60_000;
const inGroup = { rooms: ["group:g"] };
let clock: FakeClock;
let server: TestServer;
beforeEach(async () => {
  clock = new FakeClock();
  const env = { ENCRYPTION_ROTATION_MS: `${ROTATION}`, HEARTBEAT_INTERVAL_MS: "3600000" };
  server = await startTestServer({ clock, env });
});
afterEach(() => server.stop());

test("the server rotates by the clock, and under traffic no frame is lost either way", async () => {
  const ada = await sealedClient(server, "ada", inGroup);
  const bob = await dietClient(server, "bob", inGroup);
  let said = 0;
  const asked: string[] = [];
  for (let round = 0; round < 4; round++) {
    for (let n = 0; n < 5; n++) {
      bob.client.send(message("group.message", groupMessage("bob", `m-${said++}`)));
    }
    // Sealed with the old key, since the rotation has not been read yet.
    for (let n = 0; n < 3; n++) {
      const frame = message("group.message", groupMessage("ada", `a-${asked.length}`));
      asked.push(frame["id"]);
      await ada.send(frame);
      if (n === 1) clock.advance(ROTATION);
    }
    for (let n = 0; n < 5; n++) {
      bob.client.send(message("group.message", groupMessage("bob", `m-${said++}`)));
    }
    const last = `m-${said - 1}`;
    await ada.next(({ data }) => data?.messageId === last);
    expect(await alive(ada)).toMatchObject({ success: true });
  }
  const got = ada.frames.filter(({ type, success }) => type === "group.message" && success === undefined);
  expect(got.map(({ data }) => data.messageId)).toEqual(Array.from({ length: said }, (_, n) => `m-${n}`));
  const answers = ada.frames.filter(({ id, success }) => success === true && asked.includes(id));
  expect(answers.map(({ id }) => id)).toEqual(asked);
  expect(ada.frames.filter(({ type }) => type === "encryption.rotate")).toHaveLength(4);
  const heard = (await bob.events()).filter(({ type }) => type === "group.message");
  expect(heard.map(({ data }) => data.messageId)).toEqual(asked.map((_, n) => `a-${n}`));
});

test("a key that has been used much is followed by another, and no frame is lost", async () => {
  const ada = await sealedClient(server, "ada");
  const frames = Array.from({ length: 1_200 }, () =>
    message("message.read", { messageId: "none", userId: "ada", readAt: AT }),
  );
  for (const frame of frames) await ada.send(frame);
  await ada.next(({ id }) => id === frames.at(-1)?.["id"]);
  expect(await alive(ada)).toMatchObject({ success: true });
  const answered = ada.frames.filter(({ success }) => success).map(({ id }) => id);
  expect(answered.slice(0, frames.length)).toEqual(frames.map(({ id }) => id));
  expect(ada.frames.filter(({ type }) => type === "encryption.rotate")).toHaveLength(1);
});

test("a client that does not switch is not rotated again, and goes on", async () => {
  const ada = await sealedClient(server, "ada");
  for (let n = 0; n < 3; n++) clock.advance(ROTATION);
  expect(await alive(ada)).toMatchObject({ success: true });
  expect(ada.frames.filter(({ type }) => type === "encryption.rotate")).toHaveLength(1);
  expect(await alive(ada)).toMatchObject({ success: true });
  clock.advance(ROTATION);
  expect(await alive(ada)).toMatchObject({ success: true });
  expect(ada.frames.filter(({ type }) => type === "encryption.rotate")).toHaveLength(2);
});
