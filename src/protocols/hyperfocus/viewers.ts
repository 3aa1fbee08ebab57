/** The viewers of each stream. They are told apart by `clientId`, however many connections they have. */
export class Viewers {
  readonly #connections = new Map<string, Map<string, number>>();

  add(room: string, clientId: string): void {
    const viewers = this.#connections.get(room) ?? new Map<string, number>();
    this.#connections.set(room, viewers.set(clientId, (viewers.get(clientId) ?? 0) + 1));
  }

  /** One connection less. */
  remove(room: string, clientId: string): void {
    const viewers = this.#connections.get(room);
    const left = (viewers?.get(clientId) ?? 0) - 1;
    if (left > 0) viewers?.set(clientId, left);
    else viewers?.delete(clientId);
    if (viewers?.size === 0) this.#connections.delete(room);
  }

  count(room: string): number {
    return this.#connections.get(room)?.size ?? 0;
  }
}
