import type { Change } from "./change.ts";
import { asError } from "./connection.ts";
import { difference } from "./difference.ts";
import { newId } from "./id.ts";
import { Listeners } from "./listeners.ts";
import { Refused } from "./outbox.ts";
import {
  inWords,
  type Joined,
  type Participant,
  type Refusal,
  type RemoteEdit,
  type Role,
  type SharedTextParts,
  Unsaved,
} from "./shared-edit.ts";
import { WovenText } from "./woven-text.ts";

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
  /** Whether the server has ever let the user into its session. */
  isEntered = false;
  /** Id of the edit that is on the way. */
  #flying: string | undefined;
  /** What was on the way may be in the document, or not. */
  #isUncertain = false;
  /** Joined again with an edit on the way: what has come since, until it is known whether the document has it. */
  #doubt: { readonly joined: Joined; readonly since: RemoteEdit[] } | undefined;
  #role: Role = "participant";
  /** Why it can be edited no more. */
  #end: string | undefined;
  /** Who waits until the server has everything. */
  readonly #waiting: { resolve(): void; reject(error: Error): void }[] = [];
  readonly #listeners = new Listeners<{
    change: readonly Change[];
    refused: Refusal;
    readOnly: boolean;
  }>();

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

  /** An observer's, and one whose session is over or left. */
  get isReadOnly(): boolean {
    return this.#end !== undefined || this.#role === "observer";
  }

  /** Whether the server has all that was done here. */
  get isSettled(): boolean {
    return this.#woven.isSettled;
  }

  /**
   * Takes so many UTF-16 units away and puts text in their place. Throws a `RangeError` for a place that the text does
   * not have, a `TypeError` for an observer, and an `Error` once the session is over or left. The server takes all of
   * it in the end, or nothing: see `onRefused`.
   */
  edit(position: number, length: number, content: string): void {
    if (this.#end !== undefined) throw new Error(`${this.#end}: join the session again`);
    if (this.#role === "observer") throw new TypeError("an observer may not edit");
    this.#woven.edit({ position, length, content });
    this.#flush();
  }

  /** Hears what others change, one change after another, each about the text as those before have left it. The result ends it. */
  onChange(handler: (changes: readonly Change[]) => void): () => void {
    return this.#on("change", handler);
  }

  /** Hears of what the server has refused for good, as for a document that would be too large. The result ends it. */
  onRefused(handler: (refusal: Refusal) => void): () => void {
    return this.#on("refused", handler);
  }

  /** Hears when it may no longer be edited, and when it may again. The result ends it. */
  onReadOnly(handler: (isReadOnly: boolean) => void): () => void {
    return this.#on("readOnly", handler);
  }

  /**
   * Resolves once the server has all that was done here. Rejects with what it refuses for good, and with `Unsaved` when
   * the session is over or the client no longer keeps up a connection.
   */
  settled(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#look();
    });
  }

  /** As often as it was joined. The last one leaves the session, once the server has all that was done here. */
  leave(): Promise<void> {
    return this.parts.leave();
  }

  /** From now on the user has this role in the session. */
  become(role: Role): void {
    this.#change(() => {
      this.#role = role;
    });
  }

  /** It is left, or the session is over, or it is joined again: then there is no reason. */
  end(why: string | undefined): void {
    this.#change(() => {
      this.#end = why;
    });
    this.#look();
  }

  /** The connection is lost, or it is no longer in the session. */
  lost(): void {
    this.#isIn = false;
    this.#doubt = undefined;
  }

  /** The connection is not kept up any more. */
  stopped(): void {
    this.#look();
  }

  joined(joined: Joined): void {
    this.#isIn = true;
    this.isEntered = true;
    this.end(undefined);
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
    this.#look();
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
    if (!this.#isUncertain) {
      const changes = this.#woven.discard();
      this.#tell(changes);
      this.#listeners.tell("refused", { error: asError(error), changes });
      for (const { reject } of this.#waiting.splice(0)) reject(asError(error));
    }
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
      try {
        this.#tell(this.#woven.receive({ position, length, content }));
      } catch {
        // About another text than is known here.
        this.#rejoin();
      }
    }
  }

  /** A handler that throws keeps neither the others nor this from going on. */
  #tell(changes: readonly Change[]): void {
    if (changes.length > 0) this.#listeners.tell("change", changes);
  }

  #on<Type extends "change" | "refused" | "readOnly">(
    type: Type,
    handler: (event: { change: readonly Change[]; refused: Refusal; readOnly: boolean }[Type]) => void,
  ): () => void {
    this.#listeners.add(type, handler);
    return () => this.#listeners.delete(type, handler);
  }

  #change(work: () => void): void {
    const before = this.isReadOnly;
    work();
    if (this.isReadOnly !== before) this.#listeners.tell("readOnly", this.isReadOnly);
  }

  /** Whether those who wait need wait no longer. */
  #look(): void {
    const why = this.#end ?? (this.parts.isKeptUp() ? undefined : "There is no connection");
    if (!this.isSettled && why === undefined) return;
    const { isSettled } = this;
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (isSettled) resolve();
      else reject(new Unsaved(why ?? "", difference(this.#woven.knownText, this.text)));
    }
  }
}

const distance = (before: string, after: string): number =>
  difference(before, after).reduce((sum, { length, content }) => sum + length + content.length, 0);
