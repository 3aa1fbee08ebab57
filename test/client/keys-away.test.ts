import { expect, test } from "bun:test";
import { makeKey, serveKeys } from "../auth/jwks-server.ts";
import { startTestServer } from "../support/server.ts";
import { type ClientName, clientNames, clients } from "./clients.ts";
import { hasty } from "./support.ts";

const PATHS: Record<ClientName, string> = {
  ...{ gurukul: "/ws", host: "/ws", viewer: "/ws", voice: "/api/ws", diet: "/api/diet/ws" },
  ...{ chat: "/api/chat/ws", analytics: "/api/analytics/ws", collaboration: "/api/collaboration/ws" },
};

test("clients that come while tokens cannot be checked try again until they can, also with a fixed token", async () => {
  const key = await makeKey("ES256", "a key");
  const keys = serveKeys([key.published]);
  keys.answerWith(() => new Response("away", { status: 503 }));
  const server = await startTestServer({ env: { JWT_JWKS_URL: keys.url } });
  const now = Math.floor(Date.now() / 1_000);
  const token = await key.sign({ sub: "ada", rooms: ["*"], contextId: "c", iat: now, exp: now + 600 });
  const all = clientNames.map((name) => {
    const client = clients[name].create({ url: server.url(PATHS[name]), token, reconnect: hasty });
    const refused = new Promise<string>((resolve) =>
      client.onConnectionEvent(({ type, data }) => resolve(`${name} ${type} ${data?.code} ${data?.reason}`)),
    );
    return { client, name, refused, connected: client.connect() };
  });
  for (const { connected } of all) connected.catch(() => {});
  expect(await Promise.all(all.map(({ refused }) => refused))).toEqual(
    clientNames.map((name) => `${name} reconnecting 1008 Authentication unavailable`),
  );
  keys.recover();
  await Promise.all(all.map(({ connected }) => connected));
  await Promise.all(all.map(({ client }) => client.disconnect()));
  keys.stop();
  await server.stop();
});
