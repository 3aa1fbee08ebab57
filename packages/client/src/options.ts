import type { Backoff } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { Network } from "./network.ts";
import type { QueueOptions } from "./queue.ts";
import type { Rate } from "./rate.ts";
import type { CreateSocket } from "./socket.ts";
import type { MessageStore } from "./store.ts";
import type { Token } from "./token.ts";

export interface ClientOptions {
  /** Of the contract's endpoint: `wss://example.org/api/chat/ws`. */
  readonly url: string;
  readonly token?: Token;
  /** Whose messages these are, where the token does not say it, or is not there yet when the first is written. */
  readonly userId?: string;
  readonly reconnect?: Partial<Backoff>;
  /** Milliseconds of silence before the client pings the server, and for the answer. */
  readonly heartbeat?: { readonly interval?: number; readonly timeout?: number };
  readonly queue?: QueueOptions;
  /** Where unconfirmed messages are kept beyond the page. */
  readonly store?: MessageStore;
  readonly rate?: Partial<Rate>;
  /** Whether to ask for what was missed while there was no connection; true. */
  readonly resume?: boolean;
  /** Milliseconds that an attempt to connect may take; 10,000. */
  readonly connectTimeout?: number;
  /** Milliseconds after which an unanswered message is sent again; 15,000. */
  readonly answerTimeout?: number;
  readonly clock?: Clock;
  /** 0 to 1, without 1. */
  readonly random?: () => number;
  readonly createSocket?: CreateSocket;
  readonly network?: Network;
}

/** What a contract makes of the options that are left out. */
export interface Defaults {
  readonly reconnect?: Partial<Backoff>;
  readonly heartbeat?: { readonly interval: number; readonly timeout: number };
}
