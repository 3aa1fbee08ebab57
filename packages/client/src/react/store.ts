/** A state that is replaced, never mutated, and to which a component can subscribe. */
export class Store<State> {
  readonly #listeners = new Set<() => void>();

  constructor(private state: State) {}

  get = (): State => this.state;

  set(next: (state: State) => State): void {
    this.state = next(this.state);
    for (const listener of [...this.#listeners]) listener();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

/** One who ignores that it fails has it in the state, and no unhandled rejection. */
export function told<Result>(sent: Promise<Result>): Promise<Result> {
  sent.catch(() => {});
  return sent;
}

export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));
