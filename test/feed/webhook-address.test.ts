import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { addressOf, refusedUrl } from "../../src/feed/webhook-address.ts";
import { send } from "../../src/feed/webhook-send.ts";
import { makeCertificate } from "../support/certificate.ts";
import { temporaryDirectory } from "../support/directory.ts";

const directory = temporaryDirectory();
const PUBLIC = ["public"];

describe("in production, where nothing is listed", () => {
  test.each([
    "http://example.com/hook",
    "https://127.0.0.1/hook",
    "https://2130706433/hook",
    "https://0x7f.1/hook",
    "https://10.1.2.3/hook",
    "https://169.254.169.254/latest/meta-data",
    "https://192.168.0.1/hook",
    "https://100.64.0.1/hook",
    "https://[::1]/hook",
    "https://[::ffff:127.0.0.1]/hook",
    "https://[fd00::1]/hook",
    "https://[fe80::1]/hook",
    "https://[64:ff9b::7f00:1]/hook",
    "https://[2002:7f00:1::]/hook",
    "https://0.0.0.0/hook",
  ])("%s is refused", (url) => {
    expect(refusedUrl(new URL(url), PUBLIC)).toMatch(/WEBHOOK_ALLOW/);
  });

  test.each(["https://example.com/hook", "https://8.8.8.8/hook", "https://[2606:4700::1]/hook"])(
    "%s is not",
    (url) => {
      expect(refusedUrl(new URL(url), PUBLIC)).toBeUndefined();
    },
  );

  test("a name that leads to this machine is refused when it is resolved", async () => {
    expect(addressOf(new URL("https://localhost/hook"), PUBLIC)).rejects.toThrow(/no public address/);
  });
});

describe("hosts that are listed", () => {
  const listed = ["hooks.internal", "*.example.com"];
  test("may be anywhere, and by http", () => {
    for (const url of ["http://hooks.internal/x", "http://a.example.com/x"]) {
      expect(refusedUrl(new URL(url), listed)).toBeUndefined();
    }
  });
  test("are the only ones", () => {
    for (const url of [
      "https://hooks.internal.evil.com/",
      "https://example.org/",
      "https://evilexample.com/",
    ]) {
      expect(refusedUrl(new URL(url), listed)).toMatch(/WEBHOOK_ALLOW/);
    }
  });
});

test("the connection goes to the address that was checked, and the certificate must be the host's", async () => {
  const asked: string[] = [];
  const [certFile, keyFile] = [join(directory, "cert.pem"), join(directory, "key.pem")];
  makeCertificate(certFile, keyFile);
  const [cert, key] = [readFileSync(certFile, "utf8"), readFileSync(keyFile, "utf8")];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    tls: { cert, key },
    fetch: (request) => {
      asked.push(request.headers.get("host") ?? "");
      return new Response();
    },
  });
  const sending = { secrets: [], timeoutMs: 5_000, signal: new AbortController().signal, allowed: ["*"] };
  const message = { id: "msg_1", timestamp: 1, body: "{}" };
  const url = `https://localhost:${server.port}/`;
  expect((await send(message, { ...sending, url, ca: cert })).status).toBe(200);
  expect(asked).toEqual([`localhost:${server.port}`]);
  // Nobody vouches for it.
  expect(send(message, { ...sending, url })).rejects.toThrow(/self.signed/i);
  // It is another host's, at the same address.
  const other = `https://localhost.localdomain:${server.port}/`;
  expect(send(message, { ...sending, url: other, ca: cert })).rejects.toThrow();
  await server.stop(true);
  expect(asked).toHaveLength(1);
});

describe("with a proxy in the environment", () => {
  const proxied: string[] = [];
  const sockets = new Set<Socket>();
  const proxy = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (data) => {
      proxied.push(data.toString().split("\r\n")[0] ?? "");
      socket.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
    });
  });
  const NAMES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"] as const;
  const before = NAMES.map((name) => process.env[name]);
  afterAll(() => {
    for (const [at, name] of NAMES.entries()) {
      if (before[at] === undefined) delete process.env[name];
      else process.env[name] = before[at];
    }
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });

  test.each(["http", "https"])(
    "a webhook by %s goes to the address that was checked all the same",
    async (scheme) => {
      if (!proxy.listening) await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
      const { port } = proxy.address() as { port: number };
      for (const name of NAMES) process.env[name] = `http://127.0.0.1:${port}`;
      const [certFile, keyFile] = [join(directory, `${scheme}.pem`), join(directory, `${scheme}-key.pem`)];
      makeCertificate(certFile, keyFile);
      const [cert, key] = [readFileSync(certFile, "utf8"), readFileSync(keyFile, "utf8")];
      await using server = Bun.serve({
        port: 0,
        hostname: "127.0.0.1",
        ...(scheme === "https" && { tls: { cert, key } }),
        fetch: () => new Response(),
      });
      // The environment does reach this process: another request goes to the proxy.
      expect((await fetch(`http://127.0.0.1:${server.port}/other`)).status).toBe(502);
      proxied.length = 0;
      const answered = await send(
        { id: "msg_1", timestamp: 1, body: "{}" },
        {
          url: `${scheme}://localhost:${server.port}/`,
          ...{
            secrets: [],
            timeoutMs: 5_000,
            signal: new AbortController().signal,
            allowed: ["*"],
            ca: cert,
          },
        },
      ).catch((error: Error) => error.message);
      expect([answered, proxied]).toEqual([{ status: 200, retryAfter: 0 }, []]);
    },
  );
});
