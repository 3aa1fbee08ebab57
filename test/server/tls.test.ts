import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { canMakeCertificates, makeCertificate } from "../support/certificate.ts";
import { connect } from "../support/client.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

describe.skipIf(!canMakeCertificates)("with TLS_CERT_FILE and TLS_KEY_FILE", () => {
  const directory = temporaryDirectory();
  const cert = join(directory, "cert.pem");
  const key = join(directory, "key.pem");
  let server: TestServer;
  beforeAll(async () => {
    makeCertificate(cert, key);
    server = await startTestServer({ env: { TLS_CERT_FILE: cert, TLS_KEY_FILE: key } });
  });
  afterAll(() => server.stop());

  test("chats over wss", async () => {
    const tls = { ca: Bun.file(cert) };
    const url = `wss://localhost:${server.port}/ws?token=`;
    const ada = await connect(url + (await server.token("ada")), { tls });
    const bob = await connect(url + (await server.token("bob")), { tls });
    await Promise.all([ada.join("c"), bob.join("c")]);
    ada.say("message", { chatId: "c", content: "in private" });
    expect((await bob.next("message"))["data"].message.content).toBe("in private");
    expect((await ada.next("message"))["data"].message.content).toBe("in private");
    ada.close();
    bob.close();
  });

  test("answers HTTPS", async () => {
    const answer = await fetch(`https://localhost:${server.port}/health/live`, {
      tls: { ca: Bun.file(cert) },
    });
    expect(answer.status).toBe(200);
  });

  test("answers nobody without TLS, or who does not trust the certificate, and is none the worse for it", async () => {
    const path = `/ws?token=${await server.token("ada")}`;
    for (const scheme of ["ws", "wss"]) {
      await expect(connect(`${scheme}://localhost:${server.port}${path}`)).rejects.toThrow("no connection");
    }
    await expect(fetch(`http://localhost:${server.port}/health/live`)).rejects.toThrow();
    expect(server.lines.filter((line) => line.includes("error"))).toEqual([]);
    const ada = await connect(`wss://localhost:${server.port}${path}`, { tls: { ca: Bun.file(cert) } });
    expect(await ada.drain()).toEqual([]);
    ada.close();
  });
});
