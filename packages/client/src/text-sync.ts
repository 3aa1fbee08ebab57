import type { Change } from "./change.ts";
import { asError } from "./connection.ts";
import { difference } from "./difference.ts";
import { newId } from "./id.ts";
import { Refused } from "./outbox.ts";
import {
  type Draft,
  type Edit,
  inWords,
  type Joined,
  type Refusal,
  type RemoteEdit,
  type SharedTextParts,
} from "./shared-edit.ts";
import { WovenText } from "./woven-text.ts";

/** The server's answer to an edit that it may have stored long ago. */
const TOO_OLD = /is too old/;

export interface TextSyncParts extends Pick<SharedTextParts, "sessionId" | "send" | "rejoin"> {
  /** Others have changed the text. */
  changed(changes: readonly Change[]): void;
  refused(refusal: Refusal): void;
  /** What the server does not have is other than before. */
  moved(): void;
}

/**
 * Keeps a text the same here and on the server: one edit at a time is on the way there, what is typed meanwhile
 * follows, and what others do comes in its place.
 */
export class TextSync {
  version = 0;
  woven = new WovenText();
  isIn = false;
  /** The edit that is on the way. */
  #flying: { readonly id: string; readonly edit: Edit } | undefined;
  /** What was on the way may be in the document, or not. */
  #isUncertain = false;
  /** Joined again with an edit on the way: what has come since, until it is known whether the document has it. */
  #doubt: { readonly joined: Joined; readonly since: RemoteEdit[] } | undefined;

  constructor(private readonly parts: TextSyncParts) {}

  /** What a later page needs to go on; undefined when the server has everything. */
  get draft(): Draft | undefined {
    if (this.woven.isSettled) return undefined;
    const { stretches } = this.woven;
    return { version: this.version, flying: this.#flying, isUncertain: this.#isUncertain, stretches };
  }

  /** An earlier page has left this. The session must be joined next. */
  restore({ version, flying, isUncertain, stretches }: Draft): void {
    this.version = version;
    this.woven = new WovenText(stretches);
    this.#isUncertain = isUncertain;
    // The server knows it by its id if it has it.
    if (flying) this.#send(flying.id, flying.edit);
  }

  edit(change: Change): void {
    this.woven.edit(change);
    this.#flush();
  }

  lost(): void {
    this.isIn = false;
    this.#doubt = undefined;
  }

  joined(joined: Joined): void {
    this.isIn = true;
    if (this.#flying) this.#doubt = { joined, since: [] };
    else {
      this.#begin(joined);
      this.#flush();
    }
  }

  received(edit: RemoteEdit): void {
    if (this.#doubt) this.#doubt.since.push(edit);
    else if (this.isIn) this.#weave(edit);
    this.parts.moved();
  }

  acknowledged(id: string | undefined, version: number): void {
    if (id === undefined || id !== this.#flying?.id) return;
    this.#flying = undefined;
    this.woven.acknowledge();
    const { joined } = this.#doubt ?? {};
    if (!joined) {
      this.version = version;
      this.#flush();
    } else if (version <= joined.version) this.#endDoubt();
    else this.#rejoin();
  }

  #flush(): void {
    const change = this.isIn && !this.#flying ? this.woven.take() : undefined;
    const where = { sessionId: this.parts.sessionId, version: this.version };
    if (change) this.#send(newId(), inWords(change, where));
    this.parts.moved();
  }

  #send(id: string, edit: Edit): void {
    this.#flying = { id, edit };
    this.parts.send(id, edit).catch((error: unknown) => this.#failed(id, error));
  }

  #failed(id: string, error: unknown): void {
    if (this.#flying?.id !== id) return;
    this.#flying = undefined;
    // What is refused for good the document does not have; of anything else that is not known.
    this.#isUncertain = !(error instanceof Refused) || TOO_OLD.test(error.message);
    if (!this.#isUncertain) {
      const changes = this.woven.discard();
      this.parts.changed(changes);
      this.parts.refused({ error: asError(error), changes });
    }
    if (this.#doubt) this.#endDoubt();
    else if (this.isIn) this.#rejoin();
    this.parts.moved();
  }

  #rejoin(): void {
    this.lost();
    this.parts.rejoin();
    this.parts.moved();
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
    this.parts.changed(this.woven.replaceKnown(content));
  }

  /** Whether the document has the edit that was on the way: what leaves less to be explained. */
  #guess(content: string): void {
    this.#isUncertain = false;
    const { knownText, acknowledgedText } = this.woven;
    if (distance(acknowledgedText, content) < distance(knownText, content)) this.woven.acknowledge();
    else this.woven.takeBack();
  }

  #weave({ position, length = 0, content = "", version }: RemoteEdit): void {
    if (!this.isIn || version <= this.version) return;
    if (version > this.version + 1) this.#rejoin();
    else {
      this.version = version;
      try {
        this.parts.changed(this.woven.receive({ position, length, content }));
      } catch {
        // About another text than is known here.
        this.#rejoin();
      }
    }
  }
}

const distance = (before: string, after: string): number =>
  difference(before, after).reduce((sum, { length, content }) => sum + length + content.length, 0);
