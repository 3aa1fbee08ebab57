import { afterEach, beforeEach } from "bun:test";
import { type DietClient, dietClient } from "../../support/diet.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

/** Each test of the file gets a server of its own. */
export function freshServer() {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer();
  });
  afterEach(() => server.stop());
  return {
    get server(): TestServer {
      return server;
    },
    /** Stops the server and starts it again on the same data. */
    async restart(): Promise<void> {
      server = await server.restart();
    },
    enter: (userId: string): Promise<DietClient> => dietClient(server, userId),
  };
}
