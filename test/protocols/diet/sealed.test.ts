import { afterEach, beforeEach, expect, test } from "bun:test";
import { AT, type DietClient, dietClient, message } from "../../support/diet.ts";
import { DietCipher, type SealedFrame } from "../../support/diet-cipher.ts";
import { alive, groupMessage, initialise, sealedClient } from "../../support/diet-sealed.ts";
import { failWrites } from "../../support/failing-writes.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { error, event, failed, succeeded } from "./samples.ts";

// Encrypted connections at the wire, by a client whose cipher is not the server's.

const ROTATION = 60_000;
let clock: FakeClock;
let server: TestServer;
beforeEach(async () => {
  clock = new FakeClock();
  const env = { ENCRYPTION_ROTATION_MS: `${ROTATION}`, HEARTBEAT_INTERVAL_MS: "3600000" };
  server = await startTestServer({ clock, env });
});
afterEach(() => server.stop());

const inGroup = { rooms: ["group:g"] };
const notOpened = error("INVALID_MESSAGE_FORMAT", "Frame cannot be decrypted");

test("encryption.init is answered in plain text, by its response and then encryption.ready", async () => {
  const ada = await dietClient(server, "ada");
  const { publicKey } = await DietCipher.init();
  const [response, ready] = await initialise(ada, publicKey);
  const data = {
    publicKey: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
    keyId: response["data"].keyId,
    algorithm: "AES-256-GCM",
    keyRotationInterval: ROTATION,
    compressionEnabled: false,
  };
  expect(response).toEqual(succeeded(response, { keyId: expect.any(String) }));
  expect(ready).toEqual(event("encryption.ready", data));
});

test("a bad public key is refused by name, and the connection stays plain", async () => {
  const ada = await dietClient(server, "ada");
  for (const publicKey of [undefined, 7, "", "AAAA", `${"A".repeat(43)}=`, `${"A".repeat(42)}B=`]) {
    const frame = message("encryption.init", { publicKey });
    const answer = await ada.askFrame(frame);
    expect(answer).toEqual(failed(frame, "INVALID_MESSAGE_FORMAT", expect.anything()));
    expect(answer["error"].details.errors[0].field).toBe("data.publicKey");
  }
  expect(await ada.direct("bob", "plain")).toMatchObject({ success: true });
});

test("everything goes encrypted both ways: answers, events of rooms and users, errors", async () => {
  const ada = await sealedClient(server, "ada", inGroup);
  const bob = await dietClient(server, "bob", inGroup);
  const frame = groupMessage("ada", "m-1");
  expect(await ada.ask("group.message", frame)).toMatchObject({ success: true, data: frame });
  expect(await bob.event("group.message")).toEqual(event("group.message", frame));
  await bob.ask("group.message", groupMessage("bob", "m-2"));
  expect((await ada.event("group.message"))["data"].messageId).toBe("m-2");
  await bob.direct("ada", "Hello", "m-3");
  expect((await ada.event("direct.message"))["data"].content).toBe("Hello");
  expect(await ada.ask("level.up", {})).toMatchObject({ error: { code: "FORBIDDEN" } });
  await ada.send("{");
  expect(await ada.event("error")).toEqual(error("INVALID_MESSAGE_FORMAT"));
  const post = { everyone: true, type: "maintenance" };
  const data = { startTime: AT, endTime: AT, description: "x", affectedServices: ["api"], isScheduled: true };
  await server.http("POST", "/v1/diet/events", { ...post, data });
  expect((await ada.event("maintenance"))["data"]).toEqual(data);
  await server.http("PUT", "/v1/rooms/group:other/members/ada", {});
  const eve = await dietClient(server, "eve", { rooms: ["group:other"] });
  await eve.ask("group.message", { ...groupMessage("eve", "m-4"), groupId: "other" });
  expect((await ada.event("group.message"))["data"].groupId).toBe("other");
});

test("encrypted and plain members of a group hear the same, in the same order", async () => {
  const sealed = [await sealedClient(server, "ada", inGroup), await sealedClient(server, "bob", inGroup)];
  const plain = await dietClient(server, "eve", inGroup);
  const say = (n: number) =>
    n % 2
      ? sealed[0]!.send(message("group.message", groupMessage("ada", `m-${n}`)))
      : plain.client.send(message("group.message", groupMessage("eve", `m-${n}`)));
  for (let n = 0; n < 40; n++) await say(n);
  const heard = [];
  while (heard.length < 40) heard.push((await sealed[1]!.event("group.message"))["data"].messageId);
  expect([...heard].sort()).toEqual(Array.from({ length: 40 }, (_, n) => `m-${n}`).sort());
  const odd = heard.filter((id) => Number(id.slice(2)) % 2 === 1);
  const events = (await plain.events()).filter(({ type }) => type === "group.message");
  expect(events.map(({ data }) => data.messageId)).toEqual(odd);
});

test("a shutdown is told encrypted too, and the end of a session", async () => {
  const [ada, bob] = [await sealedClient(server, "ada"), await sealedClient(server, "bob")];
  await server.http("DELETE", "/v1/users/bob/connections");
  expect(await bob.event("error")).toEqual(error("AUTHENTICATION_FAILED", "Session expired"));
  expect((await bob.client.closed).code).toBe(4004);
  await server.shutdown();
  expect((await ada.event("reconnect"))["data"].nextAttemptIn).toBeGreaterThan(0);
  expect((await ada.client.closed).code).toBe(1012);
});

test("replayed, changed, foreign and plain frames get one fixed error, and the connection lives", async () => {
  const [ada, eve] = [await sealedClient(server, "ada"), await sealedClient(server, "eve")];
  const plain = message("direct.message", {
    ...{
      messageId: "m-1",
      fromUserId: "ada",
      toUserId: "eve",
      content: "once",
      timestamp: AT,
      isRead: false,
    },
  });
  const sealed = await ada.cipher.seal(JSON.stringify(plain));
  ada.client.send(sealed);
  expect(await ada.next()).toMatchObject({ id: plain["id"], success: true });
  const flip = (text: string) => (text.startsWith("A") ? "B" : "A") + text.slice(1);
  const fresh = () => ada.cipher.seal(JSON.stringify(plain));
  const wrong: unknown[] = [
    sealed,
    { ...(await fresh()), authTag: flip(sealed.authTag) },
    { ...(await fresh()), iv: flip(sealed.iv) },
    { ...(await fresh()), encryptedData: flip((await fresh()).encryptedData) },
    { ...(await fresh()), keyId: "0011223344556677" },
    { ...(await fresh()), keyId: "__proto__" },
    { ...(await fresh()), authTag: undefined },
    { ...(await fresh()), encryptedData: "" },
    { ...(await fresh()), timestamp: 7 },
    await eve.cipher.seal(JSON.stringify(plain)),
    plain,
    message("encryption.init", { publicKey: ada.cipher.publicKey }),
    { type: "auth", token: "x", userId: "ada", sessionId: "s" },
    {},
    ...["", "{", "[]", "null", `${"[".repeat(40)}${"]".repeat(40)}`],
  ];
  for (const frame of wrong) {
    ada.client.send(frame);
    expect(await ada.next()).toEqual(notOpened);
  }
  expect(await alive(ada)).toMatchObject({ success: true });
  expect((await eve.event("direct.message"))["data"].content).toBe("once");
  await alive(eve);
  expect(eve.frames.filter(({ type }) => type === "direct.message")).toHaveLength(1);
});

test("encryption may begin while what was missed is coming, and loses none of it", async () => {
  const ids = Array.from({ length: 500 }, (_, n) => `m-${n}`);
  const posts = ids.map((messageId) => {
    const from = { messageId, fromUserId: "ada", toUserId: "bob", content: "x".repeat(1_000) };
    return { user: "bob", type: "direct.message", data: { ...from, timestamp: AT, isRead: false } };
  });
  expect((await server.http("POST", "/v1/diet/events", posts)).status).toBe(200);
  const bob = await sealedClient(server, "bob");
  const plain = bob.client.frames.filter(({ type }) => type === "direct.message");
  await bob.next(({ data }) => data?.messageId === "m-499");
  const sealed = bob.frames.filter(({ type }) => type === "direct.message");
  expect(sealed.length).toBeGreaterThan(0);
  expect([...plain, ...sealed].map(({ data }) => data.messageId)).toEqual(ids);
});

test("the server's own frame thrown back is refused", async () => {
  const ada = await sealedClient(server, "ada");
  await ada.send(message("user.presence", { userId: "ada", status: "busy", lastSeen: AT }));
  const sealed = (await ada.client.next()) as SealedFrame;
  await ada.cipher.open(sealed);
  ada.client.send(sealed);
  expect(await ada.next()).toEqual(notOpened);
});

test("a second encryption.init is refused, and the first key stays", async () => {
  const ada = await sealedClient(server, "ada");
  const answer = await ada.ask("encryption.init", { publicKey: (await DietCipher.init()).publicKey });
  expect(answer).toMatchObject({ success: false, error: { code: "INVALID_MESSAGE_FORMAT" } });
  expect(await alive(ada)).toMatchObject({ success: true });
});

test("a second encryption.init right behind the first is refused, and the first key holds", async () => {
  const ada = await dietClient(server, "ada");
  const cipher = await DietCipher.init();
  const second = message("encryption.init", { publicKey: (await DietCipher.init()).publicKey });
  ada.client.send(message("encryption.init", { publicKey: cipher.publicKey }));
  ada.client.send(second);
  await ada.client.next("encryption.init");
  await cipher.rotate((await ada.client.next("encryption.ready"))["data"]);
  const sealed = (await ada.client.next()) as SealedFrame;
  expect(JSON.parse(await cipher.open(sealed))).toEqual(notOpened);
});

test("with compression both sides deflate", async () => {
  server = await server.restart({ ENCRYPTION_COMPRESSION: "on" });
  const [ada, bob] = [await sealedClient(server, "ada", inGroup), await sealedClient(server, "bob", inGroup)];
  const data = { ...groupMessage("ada", "long"), content: "x".repeat(5_000) };
  expect(await ada.ask("group.message", data)).toMatchObject({ success: true });
  expect((await bob.event("group.message"))["data"]).toEqual(data);
  const largest = bob.client.frames.map(({ encryptedData = "" }) => encryptedData.length);
  expect(Math.max(...largest)).toBeLessThan(1_000);
  clock.advance(ROTATION);
  expect(await alive(bob)).toMatchObject({ success: true });
  const bomb = await ada.cipher.seal("x".repeat(10_000_000));
  ada.client.send(bomb);
  expect(await ada.next(({ type }) => type === "error")).toEqual(notOpened);
});

test("when its turn cannot be stored encryption does not begin, and may be asked for again", async () => {
  using trouble = failWrites(server, "events");
  const cipher = await DietCipher.init();
  const direct = { messageId: "m", fromUserId: "ada", toUserId: "bob", content: "x" };
  const data = { ...direct, timestamp: AT, isRead: false };
  async function refusedTogether(): Promise<DietClient> {
    const client = await dietClient(server, "ada");
    const init = message("encryption.init", { publicKey: cipher.publicKey });
    client.client.send(message("direct.message", data));
    client.client.send(init);
    const answer = await client.answerTo(init["id"]);
    // It came in a turn of its own.
    if (answer["success"]) return refusedTogether();
    expect(answer).toEqual(failed(init, "INTERNAL_SERVER_ERROR"));
    return client;
  }
  const ada = await refusedTogether();
  trouble.mend();
  clock.advance(ROTATION);
  expect(await ada.ask("direct.message", data)).toMatchObject({ success: true });
  const [, ready] = await initialise(ada, cipher.publicKey);
  await cipher.rotate(ready["data"]);
  ada.client.send(await cipher.seal(JSON.stringify(message("direct.message", data))));
  const sealed = (await ada.client.next()) as SealedFrame;
  expect(JSON.parse(await cipher.open(sealed))).toMatchObject({ success: true });
});
