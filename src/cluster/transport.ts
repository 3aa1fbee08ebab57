/** Answers a request that came on a subject; undefined where the message asks for no answer. */
export type Answer = ((bytes: Uint8Array) => void) | undefined;

/** Carries messages between nodes. They may be lost; those of one node on one subject arrive in order. */
export interface Transport {
  /** False: what is published now is lost. */
  readonly isConnected: boolean;
  publish(subject: string, bytes: Uint8Array): void;
  /** Also gets what this node publishes. Call what it returns to unsubscribe. */
  subscribe(subject: string, heard: (bytes: Uint8Array, answer: Answer) => void): () => void;
  /** Rejects when nobody answers within the time. */
  request(subject: string, bytes: Uint8Array, timeoutMs: number): Promise<Uint8Array>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const encode = (message: unknown): Uint8Array => encoder.encode(JSON.stringify(message));
/** Nodes trust each other: their messages are not checked. */
export const decode = <Message>(bytes: Uint8Array): Message => JSON.parse(decoder.decode(bytes));
