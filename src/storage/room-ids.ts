import type { Statements } from "./statements.ts";

/** Above this number the cache is emptied. */
const IN_MEMORY = 100_000;

/** The numbers of rooms by their names, and where the offsets of a new room begin. */
export class RoomIds {
  readonly #known = new Map<string, number>();

  constructor(private readonly statements: Statements) {}

  find(name: string): number | undefined {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const id = this.statements.roomId.get({ name })?.id;
    if (id !== undefined) this.#remember(name, id);
    return id;
  }

  findOrAdd(name: string): number {
    const known = this.find(name);
    if (known !== undefined) return known;
    const { id } = this.statements.addRoom.get({ name, offset: this.removedOffset(name) });
    this.#remember(name, id);
    return id;
  }

  /** The last offset of removed rooms of this name. */
  removedOffset(name: string): number {
    return this.statements.removedOffset.get({ name })?.offset ?? 0;
  }

  removed(name: string): void {
    this.#known.delete(name);
  }

  /** The transaction may have added rooms whose numbers were not committed. */
  rolledBack(): void {
    this.#known.clear();
  }

  #remember(name: string, id: number): void {
    if (this.#known.size >= IN_MEMORY) this.#known.clear();
    this.#known.set(name, id);
  }
}
