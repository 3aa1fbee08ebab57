/** A method's parameters may be narrower than asked: a handler gets only events of the type that it was added for. */
type Handler<Event> = { handle(event: Event): void }["handle"];

/** Handlers by type of event. One that throws does not keep the others from being called. */
export class Listeners<Events extends object> {
  readonly #handlers = new Map<keyof Events, Set<Handler<Events[keyof Events]>>>();

  add<Type extends keyof Events>(type: Type, handler: (event: Events[Type]) => void): void {
    const handlers = this.#handlers.get(type) ?? new Set();
    this.#handlers.set(type, handlers.add(handler));
  }

  /** Returns a function that unsubscribes. */
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
        // One before it may have taken it off.
        if (this.#handlers.get(type)?.has(handler)) handler(event);
      } catch (error) {
        // The runtime reports it like any other uncaught error.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
