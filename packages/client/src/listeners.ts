/** A method's parameters may be narrower than asked: a handler hears only of the type that it was added for. */
type Handler<Event> = { handle(event: Event): void }["handle"];

/** Who wants to hear of what. One that throws keeps nobody else from hearing it. */
export class Listeners<Events extends object> {
  readonly #handlers = new Map<keyof Events, Set<Handler<Events[keyof Events]>>>();

  add<Type extends keyof Events>(type: Type, handler: (event: Events[Type]) => void): void {
    const handlers = this.#handlers.get(type) ?? new Set();
    this.#handlers.set(type, handlers.add(handler));
  }

  /** The result ends it. */
  on<Type extends keyof Events>(type: Type, handler: (event: Events[Type]) => void): () => void {
    this.add(type, handler);
    return () => this.delete(type, handler);
  }

  delete<Type extends keyof Events>(type: Type, handler: (event: Events[Type]) => void): void {
    this.#handlers.get(type)?.delete(handler);
  }

  /** The event must be one of that type. */
  tell(type: keyof Events, event: Events[keyof Events]): void {
    for (const handler of [...(this.#handlers.get(type) ?? [])]) {
      try {
        handler(event);
      } catch (error) {
        // Where the page hears of any other error of its own.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
