import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as dial } from "node:tls";
import { canMakeCertificates, makeCertificate } from "../support/certificate.ts";
import { connect, type Frame, type TestClient } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { encodeFrame } from "../support/raw-frames.ts";
import { upgradeRequest } from "../support/raw-socket.ts";
import { recordsOf } from "../support/records.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const CHECK_MS = 10_000;

describe.skipIf(!canMakeCertificates)("when the files of TLS_CERT_FILE and TLS_KEY_FILE change", () => {
  let directory: string;
  let cert: string;
  let key: string;
  let clock: FakeClock;
  let server: TestServer;
  let clients: TestClient[];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "switchboard-tls-"));
    [cert, key] = [join(directory, "cert.pem"), join(directory, "key.pem")];
    makeCertificate(cert, key, "first");
    clock = new FakeClock();
    clients = [];
    server = await startTestServer({ clock, env: { TLS_CERT_FILE: cert, TLS_KEY_FILE: key } });
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    await server.stop();
    rmSync(directory, { recursive: true });
  });

  /** A client that trusts what stands in the file now, and nothing else. */
  async function chat(userId: string): Promise<TestClient> {
    const url = `wss://localhost:${server.port}/ws?token=${await server.token(userId)}`;
    const client = await connect(url, { tls: { ca: await Bun.file(cert).text() } });
    clients.push(client);
    await client.join("c");
    return client;
  }

  /** Whose certificate somebody gets who connects now. */
  const served = () =>
    new Promise((resolve, reject) => {
      const socket = dial({ port: server.port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().subject.CN);
        socket.destroy();
      });
      socket.on("error", reject);
    });

  /** The new pair has shaken hands with itself before. */
  const serves = (name: string) => eventually(async () => (await served()) === name);

  const contents = (frames: readonly Frame[]) =>
    frames.map(({ type, data }) => data.message?.content ?? type);

  test("who connects gets the new certificate; who is connected stays, and all hear each other, in order", async () => {
    const [ada, ann] = [await chat("ada"), await chat("ann")];
    makeCertificate(cert, key, "second");
    clock.advance(CHECK_MS);
    await serves("second");
    expect(recordsOf(server, "the certificate was renewed")).toHaveLength(1);
    const bob = await chat("bob");
    makeCertificate(cert, key, "third");
    clock.advance(CHECK_MS);
    await serves("third");
    const cleo = await chat("cleo");

    const all = { ada, ann, bob, cleo };
    await Promise.all(Object.values(all).map((client) => client.drain()));
    for (const [userId, client] of Object.entries(all)) {
      client.say("typing", { chatId: "c", userId, isTyping: true });
      client.say("message", { chatId: "c", content: `from ${userId}` });
      await client.drain();
    }
    await Promise.all(Object.values(all).map((client) => client.drain()));
    for (const [userId, client] of Object.entries(all)) {
      const heard = client.frames.slice(
        client.frames.findLastIndex(({ type }) => type === "chat_update") + 1,
      );
      const shown = contents(heard.filter(({ type }) => type !== "pong" && type !== "batch"));
      const expected = Object.keys(all).flatMap((from) =>
        from === userId ? [`from ${from}`] : ["typing", `from ${from}`],
      );
      expect(shown).toEqual(expected);
    }
    const { connections } = (await (
      await fetch(`https://localhost:${server.port}/ws/health`, { tls: { ca: await Bun.file(cert).text() } })
    ).json()) as { connections: number };
    expect(connections).toBe(4);
  });

  test("the old certificate's connections may end, and the others still hear each other", async () => {
    const ada = await chat("ada");
    makeCertificate(cert, key, "second");
    clock.advance(CHECK_MS);
    await serves("second");
    const [bob, cleo] = [await chat("bob"), await chat("cleo")];
    ada.close();
    await ada.closed;
    await eventually(() => recordsOf(server, "disconnect").length === 1);
    bob.say("typing", { chatId: "c", userId: "bob", isTyping: true });
    bob.say("message", { chatId: "c", content: "still here" });
    await cleo.next("typing");
    expect((await cleo.next("message"))["data"].message.content).toBe("still here");
    expect((await bob.next("message"))["data"].message.content).toBe("still here");
    expect(await bob.drain()).toEqual([]);
  });

  test("who was about to become a WebSocket when the certificate changed hears the room like any other", async () => {
    const request = upgradeRequest(`/ws?token=${await server.token("ada")}`);
    const ada = dial({ port: server.port, host: "127.0.0.1", rejectUnauthorized: false });
    let heard = "";
    ada.on("data", (chunk) => {
      heard += chunk.toString("latin1");
    });
    await once(ada, "secureConnect");
    makeCertificate(cert, key, "second");
    clock.advance(CHECK_MS);
    await serves("second");
    const bob = await chat("bob");
    ada.write(request);
    await eventually(() => heard.includes("101 Switching"));
    const data = { action: "join", chatId: "c" };
    ada.write(encodeFrame(JSON.stringify({ type: "chat_update", data, timestamp: 1 })));
    await eventually(() => heard.includes("chat_update"));
    bob.say("message", { chatId: "c", content: "hello ada" });
    await eventually(() => heard.includes("hello ada"));
    ada.destroy();
  });

  test("a pair that cannot be used is told once, and the old one stays until there is a better", async () => {
    const errors = () =>
      recordsOf(server, "error").map(({ where, err }) => [where, err.message.slice(0, 27)]);
    const ada = await chat("ada");
    for (const bad of ["garbage", ""]) {
      await Bun.write(cert, bad);
      clock.advance(5 * CHECK_MS);
      expect(await served()).toBe("first");
    }
    const complaint = ["tls", "TLS_CERT_FILE, TLS_KEY_FILE"];
    expect(errors()).toEqual([complaint, complaint]);
    expect(await ada.drain()).toEqual([]);
    makeCertificate(cert, key, "second");
    clock.advance(CHECK_MS);
    await serves("second");
    expect(errors()).toHaveLength(2);
  });

  test("a certificate that is written before its key is no trouble", async () => {
    makeCertificate(cert, join(directory, "new-key.pem"), "second");
    clock.advance(CHECK_MS);
    expect(await served()).toBe("first");
    await Bun.write(key, Bun.file(join(directory, "new-key.pem")));
    clock.advance(CHECK_MS);
    await serves("second");
    expect(recordsOf(server, "error")).toEqual([]);
  });

  test.each([
    ["has expired", () => clock.set(3 * 86_400_000), undefined, /the certificate has expired$/],
    ["no handshake can use", () => {}, ["rsa:512"], /must be a pair that clients can use \(.+\)$/],
  ])(
    "a pair that %s does not take the place of a good one, and is told once",
    async (_, before, algorithm, why) => {
      before();
      makeCertificate(cert, key, "second", algorithm);
      clock.advance(CHECK_MS);
      clock.advance(CHECK_MS);
      await eventually(() => {
        clock.advance(CHECK_MS);
        return recordsOf(server, "error").length > 0;
      });
      expect(await served()).toBe("first");
      clock.advance(CHECK_MS);
      expect(recordsOf(server, "error").map(({ err }) => err.message)).toEqual([expect.stringMatching(why)]);
    },
  );
});
