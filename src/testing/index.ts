// The published entry point `switchboard/testing` under Bun; elsewhere it is mock.ts alone, which needs no server.
export { ManualClock } from "./clock.ts";
export {
  AssertionFailed,
  type HelperOptions,
  type MockMessage,
  type MockWebSocketConnection,
  WebSocketTestHelper,
} from "./mock.ts";
export { startTestServer, type TestServer, type TestServerOptions, type TokenOptions } from "./server.ts";
