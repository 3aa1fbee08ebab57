import { Cluster } from "../../src/cluster/cluster.ts";
import type { RosterEntry } from "../../src/core/live/roster.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { MemoryNetwork } from "../support/memory-transport.ts";

/** Nodes with a roster of one group and one room, which somebody hears on each of them. */
export class Nodes {
  readonly clock = new FakeClock();
  readonly network = new MemoryNetwork(this.clock);
  #ids = 0;

  start(name: string, clock = this.clock) {
    const made = this.create(name, clock);
    made.join();
    return made;
  }

  /** A node that has not joined the others. */
  create(name: string, clock = this.clock, reads = 1) {
    const transport = this.network.join();
    const own = new Map<string, RosterEntry>();
    const others = new Map<string, Map<string, readonly unknown[]>>();
    /** Keys that were heard to have come and gone. */
    const changes: string[] = [];
    const heard = (node: string, { key, values }: RosterEntry) => {
      const said = others.get(node) ?? new Map<string, readonly unknown[]>();
      others.set(node, said);
      if (values.length > 0 && !said.has(key)) changes.push(`+${key}`);
      if (values.length === 0 && said.has(key)) changes.push(`-${key}`);
      if (values.length > 0) said.set(key, values);
      else said.delete(key);
    };
    const node = {
      ...{ position: 0, hash: "", isDraining: false },
      differed: [] as [number, boolean][],
      frames: [] as string[],
      notes: [] as string[],
    };
    const cluster = new Cluster({
      ...{ clock, transport, reads, cluster: "c", node: name },
      settings: {},
      newId: () => `${name}-${++this.#ids}`,
      applied: () => node.position,
      hash: () => node.hash,
      draining: () => node.isDraining,
      differs: (...difference) => node.differed.push(difference),
      note: (line) => node.notes.push(line),
    });
    const join = () =>
      cluster.start({
        roster: {
          heard,
          heardAll(from, entries) {
            const told = new Set(entries.map(({ key }) => key));
            for (const key of [...(others.get(from)?.keys() ?? [])])
              if (!told.has(key)) heard(from, { roster: "r", group: "g", key, values: [] });
            for (const entry of entries) heard(from, entry);
          },
          said: () => own.values(),
        },
        isHeard: (room) => room === "room",
        relayed: (_, frame) => node.frames.push(frame),
        answers: { name: () => name },
      });
    return Object.assign(node, {
      ...{ changes, cluster, join, transport },
      say(key: string, ...values: unknown[]) {
        const entry = { roster: "r", group: "g", key, values };
        if (values.length > 0) own.set(key, entry);
        else own.delete(key);
        cluster.bus.rosterChanged("r", "g", key, values);
      },
      others: () => [...others.values()].flatMap((said) => [...said.keys()]).sort(),
    });
  }

  /** Lets time pass, in small steps, with everything that follows. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) {
      this.clock.advance(10);
      for (let n = 0; n < 20; n++) await null;
    }
  }
}
