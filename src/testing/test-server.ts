import type { Clock } from "../core/ports/clock.ts";

export interface TestServerOptions {
  /** Settings of docs/configuration.md over those of tests: a free port, a new directory, no limits. */
  readonly env?: Readonly<Record<string, string>>;
  /** `new ManualClock()`, to say when time passes. */
  readonly clock?: Clock;
  /** A directory that outlives the server, for starting it again on the same data. */
  readonly directory?: string;
  /** Is given what the server logs, line by line; without it nothing is logged unless `env` has a LOG_LEVEL. */
  readonly log?: (line: string) => void;
}

export interface TokenOptions {
  readonly name?: string;
  /** All of them, where they are left out. */
  readonly rooms?: readonly string[];
  readonly roles?: readonly string[];
  /** Such as "1h". */
  readonly ttl?: string;
}

export interface TestServer {
  readonly port: number;
  /** Of an endpoint: `url("/api/chat/ws")`. */
  url(path: string): string;
  token(userId: string, options?: TokenOptions): Promise<string>;
  /** An HTTP request with a backend's API key. */
  http(method: string, path: string, body?: unknown): Promise<Response>;
  stop(): Promise<void>;
}
