import type { Change } from "./change.ts";
import { difference } from "./difference.ts";
import { newId } from "./id.ts";
import { Refused } from "./outbox.ts";
import { WovenText } from "./woven-text.ts";

export type Role = "participant" | "observer";

export interface Participant {
  readonly userId: string;
  readonly username: string;
  readonly role: Role;
}

/** The document as the server has it. */
export interface Joined {
  readonly content: string;
  readonly version: number;
  readonly participants: readonly Participant[];
}

export interface RemoteEdit {
  readonly position: number;
  readonly length?: number | undefined;
  readonly content?: string | undefined;
  readonly version: number;
}

/** An edit in the contract's words, about the text at `version`. */
export type Edit = { readonly sessionId: string; readonly position: number; readonly version: number } & (
  | { readonly operation: "insert"; readonly content: string }
  | { readonly operation: "delete"; readonly length: number }
  | { readonly operation: "replace"; readonly length: number; readonly content: string }
);

export interface SharedTextParts {
  readonly sessionId: string;
  readonly role: Role;
  /** Resolves when the server has it; rejects with `Refused`. It is sent again until then, under one id. */
  send(id: string, edit: Edit): Promise<unknown>;
  /** Asks for the document anew. */
  rejoin(): void;
  leave(): Promise<void>;
}

/** What the server says of an edit that it may have taken long ago. */
const TOO_OLD = /is too old/;

/**
 * A document of a session (contract atomic-guide: Collaborative Editing). Edits show at once; one at a time is on the
 * way to the server, and what is typed meanwhile follows.
 */
export class SharedText {
  readonly sessionId: string;
  version = 0;
  participants: readonly Participant[] = [];
  #woven = new WovenText();
  #isIn = false;
  /** Id of the edit that is on the way. */
  #flying: string | undefined;
  /** What was on the way may be in the document, or not. */
  #isUncertain = false;
  /** Joined again with an edit on the way: what has come since, until it is known whether the document has it. */
  #doubt: { readonly joined: Joined; readonly since: RemoteEdit[] } | undefined;
  readonly #handlers = new Set<(changes: readonly Change[]) => void>();

  constructor(private readonly parts: SharedTextParts) {
    this.sessionId = parts.sessionId;
  }

  get text(): string {
    return this.#woven.text;
  }

  /** Whether it is in its session now: not while there is no connection, nor when the session has ended. */
  get isJoined(): boolean {
    return this.#isIn;
  }

  /** Whether the server has all that was done here. */
  get isSettled(): boolean {
    return this.#woven.isSettled;
  }

  /**
   * Takes so many UTF-16 units away and puts text in their place. Throws a `RangeError` for a place that the text does
   * not have, and a `TypeError` for an observer.
   */
  edit(position: number, length: number, content: string): void {
    if (this.parts.role === "observer") throw new TypeError("an observer may not edit");
    this.#woven.edit({ position, length, content });
    this.#flush();
  }

  /** Hears what others change, one change after another, each about the text as those before have left it. The result ends it. */
  onChange(handler: (changes: readonly Change[]) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  leave(): Promise<void> {
    this.#isIn = false;
    return this.parts.leave();
  }

  /** The connection is lost, or it is no longer in the session. */
  lost(): void {
    this.#isIn = false;
    this.#doubt = undefined;
  }

  joined(joined: Joined): void {
    this.#isIn = true;
    this.participants = joined.participants;
    if (this.#flying !== undefined) this.#doubt = { joined, since: [] };
    else {
      this.#begin(joined);
      this.#flush();
    }
  }

  received(edit: RemoteEdit): void {
    if (this.#doubt) this.#doubt.since.push(edit);
    else if (this.#isIn) this.#weave(edit);
  }

  acknowledged(id: string | undefined, version: number): void {
    if (this.#flying === undefined || id !== this.#flying) return;
    this.#flying = undefined;
    this.#woven.acknowledge();
    const { joined } = this.#doubt ?? {};
    if (!joined) {
      this.version = version;
      this.#flush();
    } else if (version <= joined.version) this.#endDoubt();
    else this.#rejoin();
  }

  /** Somebody has come, or has another role now. */
  came({ userId, username, role }: Participant): void {
    this.went(userId);
    this.participants = [...this.participants, { userId, username, role }];
  }

  went(userId: string): void {
    this.participants = this.participants.filter((one) => one.userId !== userId);
  }

  #flush(): void {
    if (!this.#isIn || this.#flying !== undefined) return;
    const change = this.#woven.take();
    if (!change) return;
    const id = newId();
    this.#flying = id;
    const edit = inWords(change, { sessionId: this.sessionId, version: this.version });
    this.parts.send(id, edit).catch((error: unknown) => this.#failed(id, error));
  }

  #failed(id: string, error: unknown): void {
    if (this.#flying !== id) return;
    this.#flying = undefined;
    // What is refused for good the document does not have; of anything else that is not known.
    this.#isUncertain = !(error instanceof Refused) || TOO_OLD.test(error.message);
    if (!this.#isUncertain) this.#tell(this.#woven.discard());
    if (this.#doubt) this.#endDoubt();
    else if (this.#isIn) this.#rejoin();
  }

  #rejoin(): void {
    this.#isIn = false;
    this.#doubt = undefined;
    this.parts.rejoin();
  }

  #endDoubt(): void {
    const { joined, since } = this.#doubt ?? {};
    this.#doubt = undefined;
    if (!joined) return;
    this.#begin(joined);
    for (const edit of since ?? []) this.#weave(edit);
    this.#flush();
  }

  /** Goes on from this document, with all that was done here and that the server does not have. */
  #begin({ content, version }: Joined): void {
    if (this.#isUncertain) this.#guess(content);
    this.version = version;
    this.#tell(this.#woven.replaceKnown(content));
  }

  /** Whether the document has the edit that was on the way: what leaves less to be explained. */
  #guess(content: string): void {
    this.#isUncertain = false;
    const { knownText, acknowledgedText } = this.#woven;
    if (distance(acknowledgedText, content) < distance(knownText, content)) this.#woven.acknowledge();
    else this.#woven.takeBack();
  }

  #weave({ position, length = 0, content = "", version }: RemoteEdit): void {
    if (!this.#isIn || version <= this.version) return;
    if (version > this.version + 1) this.#rejoin();
    else {
      this.version = version;
      this.#tell(this.#woven.receive({ position, length, content }));
    }
  }

  #tell(changes: readonly Change[]): void {
    if (changes.length > 0) for (const handler of [...this.#handlers]) handler(changes);
  }
}

const distance = (before: string, after: string): number =>
  difference(before, after).reduce((sum, { length, content }) => sum + length + content.length, 0);

function inWords({ position, length, content }: Change, where: Pick<Edit, "sessionId" | "version">): Edit {
  if (length === 0) return { ...where, operation: "insert", position, content };
  if (content === "") return { ...where, operation: "delete", position, length };
  return { ...where, operation: "replace", position, length, content };
}
