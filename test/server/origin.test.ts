import { describe, expect, test } from "bun:test";
import { RawSocket } from "../support/raw-socket.ts";
import { API_KEY, SECRET, startTestServer } from "../support/server.ts";

const PRODUCTION = { NODE_ENV: "production", JWT_SECRET: SECRET, API_KEYS: API_KEY };

/** Statuses of upgrades with these origins, in their order. */
async function statuses(env: Record<string, string>, origins: readonly (string | undefined)[]) {
  const server = await startTestServer({ env });
  try {
    const path = `/ws?token=${await server.token("ada")}`;
    const answers: number[] = [];
    for (const origin of origins) {
      const headers: Record<string, string> = origin === undefined ? {} : { Origin: origin };
      const peer = await RawSocket.upgrade(server.port, path, { headers });
      answers.push(peer.status);
    }
    return answers;
  } finally {
    await server.stop();
  }
}

const HERE = "https://app.example";
const EVIL = "https://evil.example";

describe("browser pages may connect from", () => {
  test("anywhere in development", async () => {
    expect(await statuses({}, [HERE, EVIL, "null", undefined])).toEqual([101, 101, 101, 101]);
  });

  test("nowhere in production, unless ALLOWED_ORIGINS says so; what is no browser may", async () => {
    expect(await statuses(PRODUCTION, [HERE, EVIL, "null", undefined])).toEqual([403, 403, 403, 101]);
  });

  test("the origins of ALLOWED_ORIGINS and no other, however alike", async () => {
    const env = { ...PRODUCTION, ALLOWED_ORIGINS: `${HERE}, http://localhost:5173` };
    const alike = [
      `${HERE}.evil.example`,
      `${HERE}:444`,
      "http://app.example",
      "http://localhost:5174",
      "null",
      "",
    ];
    expect(await statuses(env, [HERE, "http://localhost:5173"])).toEqual([101, 101]);
    expect(await statuses(env, alike)).toEqual(alike.map(() => 403));
    expect(await statuses({ ALLOWED_ORIGINS: HERE }, [HERE, EVIL])).toEqual([101, 403]);
  });

  test("the server itself, wherever it is reached, and not from another port of its host", async () => {
    // The request says `Host: localhost`; behind a proxy the page is https.
    const own = ["http://localhost", "https://localhost"];
    expect(await statuses(PRODUCTION, own)).toEqual([101, 101]);
    expect(await statuses({ ...PRODUCTION, ALLOWED_ORIGINS: HERE }, own)).toEqual([101, 101]);
    const others = ["http://localhost:8080", "http://localhost.evil.example", "http://127.0.0.1", "null"];
    expect(await statuses(PRODUCTION, others)).toEqual([403, 403, 403, 403]);
  });

  test("the server itself where a proxy puts the usual port into Host, and from no other scheme", async () => {
    const server = await startTestServer({ env: PRODUCTION });
    const path = `/ws?token=${await server.token("ada")}`;
    for (const [host, origin, status] of [
      ["chat.example:443", "https://chat.example", 101],
      ["chat.example:80", "http://chat.example", 101],
      ["chat.example:443", "http://chat.example", 403],
      ["chat.example:8443", "https://chat.example", 403],
      ["chat.example", "https://chat.example:8443", 403],
      ["chat.example", "chrome-extension://chat.example", 403],
    ] as const) {
      const peer = await RawSocket.upgrade(server.port, path, { headers: { Host: host, Origin: origin } });
      expect([host, origin, peer.status]).toEqual([host, origin, status]);
      peer.destroy();
    }
    await server.stop();
  });

  test("the origins of ALLOWED_ORIGINS as people write them", async () => {
    const entries =
      "https://slash.example/, HTTPS://Upper.Example, https://port.example:443, https://bücher.example";
    const env = {
      ...PRODUCTION,
      ALLOWED_ORIGINS: `${entries}, https://*.app.example, capacitor://localhost`,
    };
    const allowed = ["slash", "upper", "port", "xn--bcher-kva", "a.app", "b-2.app"].map(
      (name) => `https://${name}.example`,
    );
    expect(await statuses(env, [...allowed, "capacitor://localhost"])).toEqual(Array(7).fill(101));
    const alike = [
      "https://app.example",
      "https://a.b.app.example",
      "http://a.app.example",
      "https://a.app.example:8443",
    ];
    expect(
      await statuses(env, [...alike, "https://.app.example", "https://evil.example/.app.example"]),
    ).toEqual(Array(6).fill(403));
  });

  test("anywhere in production too where ALLOWED_ORIGINS is *", async () => {
    expect(await statuses({ ...PRODUCTION, ALLOWED_ORIGINS: "*" }, [HERE, "null"])).toEqual([101, 101]);
  });
});
