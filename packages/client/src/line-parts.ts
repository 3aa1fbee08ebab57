import type { Backoff } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { Closing, ConnectionEvent, Verdict } from "./connection.ts";
import type { Network } from "./network.ts";
import type { Address, CreateSocket } from "./socket.ts";

export interface LineParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly createSocket: CreateSocket;
  readonly backoff: Backoff;
  readonly network: Network | undefined;
  /** Milliseconds that an attempt may take until the server has let it in. */
  readonly connectTimeout: number;
  /** Milliseconds. An interval of 0: the line has no sign of life to wait for. */
  readonly heartbeat: { readonly interval: number; readonly timeout: number };
  /** Gets a token. When this fails, another attempt may go well. */
  token(): Promise<string | undefined>;
  /** What has to be done before the server may hear of this user. */
  prepare(token: string | undefined): Promise<void>;
  /** Where to connect. When this fails, no other attempt is made. */
  address(token: string | undefined): Address | Promise<Address>;
  opened(token: string | undefined): void;
  received(frame: string): void;
  /** A connection is gone that had been admitted, or never was. */
  lost(): void;
  ping(): void;
  verdict(closing: Closing): Verdict;
  /** Whether another token can be had. */
  readonly canRenew: boolean;
  changed(event: ConnectionEvent): void;
}
