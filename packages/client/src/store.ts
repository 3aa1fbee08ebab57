import type { Draft } from "./shared-edit.ts";

/** An unconfirmed message, as the store keeps it. */
export interface QueuedMessage {
  /** The server recognises a repeat by it. */
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Whose it is: the contract, the endpoint, the user and more. Only a client of the same owner sends it. */
  readonly owner?: string | undefined;
}

/** By room; the one that was heard last comes last. */
export type Offsets = readonly (readonly [room: string, offset: number])[];

/** By session, documents with what was typed and the server does not have. */
export type KeptDrafts = readonly (readonly [sessionId: string, draft: Draft])[];

/** Where messages wait that must outlive the page. Without one they wait in memory. */
export interface MessageStore {
  /** Oldest first, with all that was put. */
  load(): Promise<QueuedMessage[]>;
  put(message: QueuedMessage): Promise<void>;
  delete(id: string): Promise<void>;
  /** By room, the offset of the last event that was heard. Without these two only a page resumes, not its reload. */
  loadOffsets?(owner: string): Promise<Offsets | undefined>;
  /** Asked after each event; only the last ones need to be kept. */
  saveOffsets?(owner: string, offsets: Offsets): Promise<void>;
  /** What was typed in documents and the server does not have. Without these two it is lost with its page. */
  loadDrafts?(owner: string): Promise<KeptDrafts | undefined>;
  /** Asked after each edit; only the last ones need to be kept. */
  saveDrafts?(owner: string, drafts: KeptDrafts): Promise<void>;
}

/** Stored messages that this client does not send, or that the store could not keep. */
export interface StoreEvent {
  /** `foreign`: they have another owner, and stay in the store. `failed`: the store threw. */
  readonly type: "foreign" | "failed";
  readonly messages: readonly QueuedMessage[];
  readonly error?: Error;
}
