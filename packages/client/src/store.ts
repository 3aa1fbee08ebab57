import type { Draft } from "./shared-edit.ts";

/** A message that waits to be confirmed, as it is kept. */
export interface QueuedMessage {
  /** Under which the server knows it when it comes again. */
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

/** What became of messages in the store, apart from what was asked of it. */
export interface StoreEvent {
  /** `foreign`: they are somebody else's, and stay where they are. `failed`: the store did not do what it was asked. */
  readonly type: "foreign" | "failed";
  readonly messages: readonly QueuedMessage[];
  readonly error?: Error;
}
