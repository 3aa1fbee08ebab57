import { describe, expect, test } from "bun:test";
import { createSecretKey, randomBytes } from "node:crypto";
import type { Encryption } from "../../../src/protocols/diet/encryption/encryption.ts";
import { SessionKey } from "../../../src/protocols/diet/encryption/session-key.ts";
import type { Announcement } from "../../../src/protocols/diet/encryption/wire.ts";
import type { DietCipher } from "../../support/diet-cipher.ts";
import { agreed, expectNotOpened, NOW, received } from "./encrypted.ts";

/** The frame by which the server rotates. */
function rotation(server: Encryption): string {
  let sealed = "";
  expect(
    server.rotate((data) => {
      sealed = server.seal(JSON.stringify({ type: "encryption.rotate", data }), NOW);
    }),
  ).toBe(true);
  return sealed;
}

async function follow(client: DietCipher, sealed: string): Promise<void> {
  const { type, data } = JSON.parse(await client.open(received(sealed)));
  expect(type).toBe("encryption.rotate");
  await client.rotate(data);
}

const many = (count: number, client: DietCipher) =>
  Promise.all(Array.from({ length: count }, (_, n) => client.seal(`{"n":${n}}`)));

describe("a rotation", () => {
  test("loses no frame that is on its way, in either direction", async () => {
    const { client, server } = await agreed();
    for (let round = 0; round < 5; round++) {
      const before = received(server.seal('"before"', NOW));
      const rotate = rotation(server);
      const after = received(server.seal('"after"', NOW));
      const onTheWay = await many(20, client);

      expect(await client.open(before)).toBe('"before"');
      await follow(client, rotate);
      expect(await client.open(after)).toBe('"after"');
      expect(onTheWay.map((frame) => server.open(frame))).toEqual(onTheWay.map((_, n) => `{"n":${n}}`));
      expect(server.open(await client.seal('"switched"'))).toBe('"switched"');
    }
  });

  test("brings a fresh key and id with every round, and the settings again", async () => {
    const { client, server } = await agreed({ rotationMs: 5_000 });
    const announced: Announcement[] = [server.ready];
    for (let round = 0; round < 3; round++) {
      const sealed = rotation(server);
      announced.push(JSON.parse(await client.open(received(sealed))).data);
      await follow(client, sealed);
      server.open(await client.seal("{}"));
    }
    expect(new Set(announced.map(({ publicKey }) => publicKey)).size).toBe(4);
    expect(new Set(announced.map(({ keyId }) => keyId)).size).toBe(4);
    expect(announced.every(({ keyRotationInterval }) => keyRotationInterval === 5_000)).toBe(true);
  });

  test("forgets the old key with the first frame under the new one", async () => {
    const { client, server } = await agreed();
    const late = await client.seal('"late"');
    await follow(client, rotation(server));
    server.open(await client.seal("{}"));
    expectNotOpened(server, late);
  });

  test("keeps the old key when a frame under the new one fails", async () => {
    const { client, server } = await agreed();
    const [late, sealed] = [await client.seal('"late"'), rotation(server)];
    await follow(client, sealed);
    expectNotOpened(server, { ...(await client.seal("{}")), authTag: Buffer.alloc(16).toString("base64") });
    expect(server.open(late)).toBe('"late"');
  });

  test("takes no replay and no reflection under the old key either", async () => {
    const { client, server } = await agreed();
    const [frame, own] = [await client.seal("{}"), received(server.seal("{}", NOW))];
    server.open(frame);
    rotation(server);
    expectNotOpened(server, frame);
    expectNotOpened(server, own);
  });

  test("waits until the client has switched", async () => {
    const { client, server } = await agreed();
    const sealed = rotation(server);
    expect(server.rotate(() => expect.unreachable())).toBe(false);
    server.open(await client.seal('"still under the old key"'));
    expect(server.rotate(() => expect.unreachable())).toBe(false);
    await follow(client, sealed);
    server.open(await client.seal('"switched"'));
    rotation(server);
  });

  test("does not happen when it could not be announced", async () => {
    const { client, server } = await agreed();
    const failure = new Error("the socket is gone");
    expect(() =>
      server.rotate(() => {
        throw failure;
      }),
    ).toThrow(failure);
    expect(await client.open(received(server.seal('"same key"', NOW)))).toBe('"same key"');
    await follow(client, rotation(server));
  });
});

describe("a key that wears out", () => {
  test("asks for a rotation after 1,024 frames, once", async () => {
    const { client, server } = await agreed();
    const frames = await many(1_024, client);
    for (const frame of frames.slice(1)) server.open(frame);
    expect(server.wantsRotation).toBe(false);
    server.open(frames[0]);
    expect(server.wantsRotation).toBe(true);

    const sealed = rotation(server);
    expect(server.wantsRotation).toBe(false);
    await follow(client, sealed);
    server.open(await client.seal("{}"));
    expect(server.wantsRotation).toBe(false);
  });

  test("asks for a rotation after 16,777,216 frames of the server", () => {
    const key = new SessionKey("worn", createSecretKey(randomBytes(32)), randomBytes(8), 2 ** 24 - 1);
    expect(key.worn).toBe(false);
    key.seal("{}", NOW);
    expect(key.worn).toBe(true);
  });

  test("seals nothing more when its counter has come to an end", () => {
    const key = new SessionKey("spent", createSecretKey(randomBytes(32)), randomBytes(8), 2 ** 32 - 1);
    const { iv } = received(key.seal("{}", NOW));
    expect(Buffer.from(iv, "base64").readUInt32BE(8)).toBe(2 ** 32 - 1);
    expect(() => key.seal("{}", NOW)).toThrow("has sealed its maximum");
    expect(() => key.seal("{}", NOW)).toThrow("has sealed its maximum");
  });

  test("takes 8,192 frames from a client that does not switch, and then no more until it does", async () => {
    const { client, server } = await agreed();
    const frames = await many(8_193, client);
    const last = frames.pop();
    for (const frame of frames.slice(0, 5_000)) server.open(frame);
    const sealed = rotation(server);
    for (const frame of frames.slice(5_000)) server.open(frame);
    expectNotOpened(server, last);

    await follow(client, sealed);
    expect(server.open(await client.seal('"switched"'))).toBe('"switched"');
  });
});
