// The published entry point `switchboard-client/testing`.
export { ManualClock } from "./clock.ts";
export {
  type AnyMessage,
  AssertionFailed,
  type HelperOptions,
  type MockMessage,
  type MockWebSocketConnection,
  WebSocketTestHelper,
} from "./mock.ts";
