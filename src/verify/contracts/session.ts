import type { Faults } from "../faults.ts";

/** The text of a session at each version, as its authors have seen it. */
export class Session {
  readonly #texts = new Map<number, bigint>();

  constructor(
    readonly room: string,
    private readonly faults: Faults,
  ) {}

  get id(): string {
    return this.room.slice("session:".length);
  }

  saw(who: string, version: number, text: string): void {
    const hash = Bun.hash.wyhash(text);
    const known = this.#texts.get(version);
    if (known === undefined) this.#texts.set(version, hash);
    else if (known !== hash) {
      this.faults.add("altered", `${who} has another text than others at version ${version} of ${this.room}`);
    }
  }
}
