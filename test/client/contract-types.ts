// The interfaces of the contracts, as they are written there: what the package exports can be assigned to each. Checked
// against the sources, and against what is packed, under --strict and exactOptionalPropertyTypes.
import {
  type ClientOptions,
  type DietEvents,
  DietWebSocketClient,
  MessageQueue,
  WebSocketMonitor,
} from "switchboard-client";
import * as kit from "switchboard-client/testing";

// diet-game.md

interface WebSocketConnection {
  url: string;
  protocols?: string[];
  headers?: Record<string, string>;
  heartbeat: {
    interval: number;
    timeout: number;
  };
  reconnect: {
    maxAttempts: number;
    backoffMultiplier: number;
    maxBackoff: number;
  };
}
interface ConnectionEvent {
  type: "connected" | "disconnected" | "error" | "reconnecting";
  timestamp: string;
  // biome-ignore lint/suspicious/noExplicitAny: so the contract has it.
  data?: any;
}
interface WebSocketMessage {
  id: string;
  type: string;
  timestamp: string;
  // biome-ignore lint/suspicious/noExplicitAny: so the contract has it.
  data: any;
  metadata?: {
    userId?: string;
    sessionId?: string;
    requestId?: string;
    correlationId?: string;
  };
}
type EventHandler = (event: WebSocketMessage) => void;
interface WebSocketClient {
  connect(config: WebSocketConnection): Promise<void>;
  disconnect(): Promise<void>;
  send(message: WebSocketMessage): Promise<void>;
  subscribe(eventType: string, handler: EventHandler): void;
  unsubscribe(eventType: string, handler: EventHandler): void;
  isConnected(): boolean;
  getConnectionState(): "connecting" | "connected" | "disconnected" | "error";
}
interface ContractQueue {
  enqueue(message: WebSocketMessage): void;
  dequeue(): WebSocketMessage | null;
  isEmpty(): boolean;
  size(): number;
  clear(): void;
}
interface WebSocketTestHelper {
  createMockConnection(): MockWebSocketConnection;
  simulateMessage(message: WebSocketMessage): void;
  simulateConnectionEvent(event: ConnectionEvent): void;
  // biome-ignore lint/suspicious/noExplicitAny: so the contract has it.
  assertMessageSent(messageType: string, data: any): void;
  // biome-ignore lint/suspicious/noExplicitAny: so the contract has it.
  assertMessageReceived(messageType: string, data: any): void;
}
interface MockWebSocketConnection {
  send(message: WebSocketMessage): void;
  close(): void;
  simulateMessage(message: WebSocketMessage): void;
  simulateError(error: Error): void;
}
interface ConnectionMetrics {
  activeConnections: number;
  totalConnections: number;
  messagesPerSecond: number;
  averageLatency: number;
  errorRate: number;
  uptime: number;
}
interface ContractMonitor {
  getMetrics(): Promise<ConnectionMetrics>;
  getConnectionStats(): Promise<object[]>;
  getErrorLogs(): Promise<object[]>;
}

const diet = new DietWebSocketClient({});
export const client: WebSocketClient = diet;
export const queue: ContractQueue = new MessageQueue<WebSocketMessage>();
export const helper: WebSocketTestHelper = new kit.WebSocketTestHelper();
export const connection: MockWebSocketConnection = new kit.WebSocketTestHelper().createMockConnection();
export const monitor: ContractMonitor = new WebSocketMonitor({ url: "", apiKey: "" });

/** Of a type that is known when it runs, on the client itself too; what is written down is checked. */
export async function use(
  message: WebSocketMessage,
  eventType: string,
  handler: EventHandler,
): Promise<void> {
  const sent: Promise<void> = diet.send(message);
  diet.subscribe(eventType, handler);
  diet.unsubscribe(eventType, handler);
  await diet.send({ type: "message.read", data: { messageId: "1", userId: "ada", readAt: "" } });
  // @ts-expect-error: it has no such field.
  await diet.send({ id: "1", timestamp: "", type: "message.read", data: { text: "" } });
  // @ts-expect-error: there is no such event.
  diet.subscribe("direct.mesage", handler);
  return sent;
}

/** What a test says to a client: also the client's own events, whose types are interfaces. */
export function simulate(event: DietEvents["level.up"], event2: WebSocketMessage): void {
  const own = new kit.WebSocketTestHelper();
  own.simulateMessage(event);
  own.simulateMessage(event2);
  own.createMockConnection().send(event);
}

// atomic-guide.md

export class MockWebSocket {
  readyState = 1;
  // biome-ignore lint/suspicious/noExplicitAny: a MessageEvent, where there is a DOM.
  onmessage: ((event: any) => void) | null = null;
  readonly sent: string[] = [];

  send(data: string): void {
    this.sent.push(data);
  }

  simulateMessage(data: unknown): void {
    if (this.onmessage) {
      this.onmessage({ data: JSON.stringify(data) });
    }
  }
}
export const options: ClientOptions = { url: "ws://nowhere", createSocket: () => new MockWebSocket() };
