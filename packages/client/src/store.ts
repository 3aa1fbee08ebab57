/** A message that waits to be confirmed, as it is kept. */
export interface Letter {
  /** Under which the server knows it when it comes again. */
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Where messages wait that must outlive the page. Without one they wait in memory. */
export interface LetterStore {
  /** Oldest first. */
  load(): Promise<Letter[]>;
  put(letter: Letter): Promise<void>;
  delete(id: string): Promise<void>;
}
