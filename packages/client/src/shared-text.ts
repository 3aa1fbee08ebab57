import type { Change } from "./change.ts";
import { difference } from "./difference.ts";
import { Listeners } from "./listeners.ts";
import {
  type Draft,
  type Joined,
  type Participant,
  type Refusal,
  type RemoteEdit,
  type Role,
  type SharedTextParts,
  Unsaved,
} from "./shared-edit.ts";
import { TextSync } from "./text-sync.ts";

/**
 * A document of a session (contract atomic-guide: Collaborative Editing). Edits show at once; one at a time is on the
 * way to the server, and what is typed meanwhile follows.
 */
export class SharedText {
  readonly sessionId: string;
  participants: readonly Participant[] = [];
  /** Whether the server has ever let the user into its session. */
  isEntered = false;
  readonly #sync: TextSync;
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
    this.#sync = new TextSync({
      sessionId: parts.sessionId,
      send: (id, edit) => parts.send(id, edit),
      rejoin: () => parts.rejoin(),
      // A handler that throws keeps neither the others nor this from going on.
      changed: (changes) => changes.length > 0 && this.#listeners.tell("change", changes),
      refused: (refusal) => {
        this.#listeners.tell("refused", refusal);
        for (const { reject } of this.#waiting.splice(0)) reject(refusal.error);
      },
      moved: () => {
        parts.keep(this.#sync.draft);
        this.#look();
      },
    });
  }

  get version(): number {
    return this.#sync.version;
  }

  get text(): string {
    return this.#sync.woven.text;
  }

  /** Whether it is in its session now: not while there is no connection, nor when the session has ended. */
  get isJoined(): boolean {
    return this.#sync.isIn;
  }

  /** An observer's, and one whose session is over or left. */
  get isReadOnly(): boolean {
    return this.#end !== undefined || this.#role === "observer";
  }

  /** Whether the server has all that was done here. */
  get isSettled(): boolean {
    return this.#sync.woven.isSettled;
  }

  /**
   * Replaces a number of UTF-16 units by a text. Throws a `RangeError` for a place that the text does
   * not have, a `TypeError` for an observer, and an `Error` once the session is over or left. The server takes all of
   * it in the end, or nothing: see `onRefused`.
   */
  edit(position: number, length: number, content: string): void {
    if (this.#end !== undefined) throw new Error(`${this.#end}: join the session again`);
    if (this.#role === "observer") throw new TypeError("an observer may not edit");
    this.#sync.edit({ position, length, content });
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
    this.#sync.lost();
  }

  /** The connection is not kept up any more. */
  stopped(): void {
    this.#look();
  }

  /** An earlier page has left this, of a session that is being joined for the first time. */
  restore(draft: Draft): void {
    this.#sync.restore(draft);
  }

  joined(joined: Joined): void {
    this.isEntered = true;
    this.end(undefined);
    this.participants = joined.participants;
    this.#sync.joined(joined);
  }

  received(edit: RemoteEdit): void {
    this.#sync.received(edit);
  }

  acknowledged(id: string | undefined, version: number): void {
    this.#sync.acknowledged(id, version);
  }

  /** Somebody has come, or has another role now. */
  came({ userId, username, role }: Participant): void {
    this.went(userId);
    this.participants = [...this.participants, { userId, username, role }];
  }

  went(userId: string): void {
    this.participants = this.participants.filter((one) => one.userId !== userId);
  }

  #on<Type extends "change" | "refused" | "readOnly">(
    type: Type,
    handler: (event: { change: readonly Change[]; refused: Refusal; readOnly: boolean }[Type]) => void,
  ): () => void {
    return this.#listeners.on(type, handler);
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
      else reject(new Unsaved(why ?? "", difference(this.#sync.woven.knownText, this.text)));
    }
  }
}
