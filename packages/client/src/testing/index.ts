// The published entry point `switchboard-client/testing`.
export { ManualClock } from "./clock.ts";
export {
  AssertionFailed,
  type HelperOptions,
  type MockMessage,
  type MockWebSocketConnection,
  WebSocketTestHelper,
} from "./mock.ts";
