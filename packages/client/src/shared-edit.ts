import type { Change } from "./change.ts";
import type { Stretch } from "./woven-text.ts";

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
  /** Whether there is a connection, or another attempt at one. */
  isKeptUp(): boolean;
  /** Resolves when the server has it; rejects with `Refused`. It is sent again until then, under one id. */
  send(id: string, edit: Edit): Promise<unknown>;
  /** Asks for the document anew. */
  rejoin(): void;
  leave(): Promise<void>;
  /** What a later page needs to go on; undefined when the server has everything. */
  keep(draft: Draft | undefined): void;
}

/** A document with what was done here and the server does not have, as a store keeps it. */
export interface Draft {
  /** Of the server's text. */
  readonly version: number;
  /** The edit that is on the way. */
  readonly flying: { readonly id: string; readonly edit: Edit } | undefined;
  /** What was on the way may be in the document, or not. */
  readonly isUncertain: boolean;
  readonly stretches: readonly Stretch[];
}

/** What was done here, and the server does not have. */
export class Unsaved extends Error {
  override readonly name = "Unsaved";
  constructor(
    why: string,
    /** One change after another, about what the server has. */
    readonly changes: readonly Change[],
  ) {
    super(`${why}; ${changes.length} changes are not saved`);
  }
}

/** The server has refused what was done here, and it is gone again. */
export interface Refusal {
  readonly error: Error;
  /** What has changed here, one change after another. */
  readonly changes: readonly Change[];
}

export function inWords(
  { position, length, content }: Change,
  where: Pick<Edit, "sessionId" | "version">,
): Edit {
  if (length === 0) return { ...where, operation: "insert", position, content };
  if (content === "") return { ...where, operation: "delete", position, length };
  return { ...where, operation: "replace", position, length, content };
}
