import type { Fault } from "../src/verify/faults.ts";
import type { Mishap } from "../src/verify/schedule.ts";

/** A server broken on purpose: a small change, and the fault that verify and the simulated world must find in it. */
export interface Break {
  readonly name: string;
  readonly fault: Fault;
  /** What has to go wrong for it; everything, where this is not said. */
  readonly mishaps?: readonly Mishap[];
  /** In these files this text becomes that one. Each must be there exactly once. */
  readonly changes: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

export const breaks: readonly Break[] = [
  {
    name: "confirms before it commits",
    fault: "lost",
    mishaps: ["disk"],
    changes: [
      {
        file: "src/core/log/turn.ts",
        from: "this.parts.store.savePosition(position + batch.entries.length - 1);\n",
        to: "this.parts.store.savePosition(position + batch.entries.length - 1);\n        this.#finish(steps, applied);\n",
      },
      {
        file: "src/core/log/turn.ts",
        from: "    this.#finish(steps, outcomes);\n",
        to: "    void outcomes;\n",
      },
    ],
  },
  {
    name: "confirms a moment before it commits",
    fault: "lost",
    mishaps: ["kill"],
    changes: [
      {
        file: "src/storage/database.ts",
        from: "      let isBegun = false;\n",
        to: `      let isBegun = false;
        if (!client.inTransaction) {
          client.run("BEGIN IMMEDIATE");
          setTimeout(() => {
            try {
              client.run("COMMIT");
            } catch {} // The world that it was in has ended.
          }, 20);
        }
`,
      },
    ],
  },
  {
    name: "lets Bun drop what a slow reader does not take",
    fault: "gap",
    mishaps: ["stall"],
    changes: [
      {
        file: "src/core/outbound/backpressure.ts",
        from: "if (this.#unswept === 0) return;",
        to: "if (this) return;",
      },
      {
        file: "src/server.ts",
        from: "closeOnBackpressureLimit: true",
        to: "closeOnBackpressureLimit: false",
      },
    ],
  },
  {
    name: "does not recognise a repeat",
    fault: "twice",
    changes: [
      {
        file: "src/core/log/apply.ts",
        from: "if (entry.clientId === null) return undefined;",
        to: "if (entry) return undefined;",
      },
    ],
  },
  {
    name: "does not ask who may be in a room",
    fault: "access",
    changes: [
      {
        file: "src/core/inbound/pipeline.ts",
        from: "if (room !== undefined && !connection.rooms.has(room) && !access.may(identity, room)) {",
        to: "if (room === null && !access) {",
      },
    ],
  },
  {
    name: "leaves in a room whoever is put out of it",
    fault: "access",
    changes: [
      {
        file: "src/core/live/connections.ts",
        from: "if (!this.parts.access.may(identity, room)) this.#expel(connection, room);",
        to: "void identity;",
      },
    ],
  },
  {
    name: "shows a joiner what is still to come as an event, too",
    fault: "order",
    changes: [
      {
        file: "src/core/inbound/context.ts",
        from: "      greeting = usual ? [...greet(), ...usual()] : greet();\n    };\n    const join = () => {\n      if (!connection.open) return;\n",
        to: "    };\n    const join = () => {\n      if (!connection.open) return;\n      greeting = usual ? [...greet(), ...usual()] : greet();\n",
      },
    ],
  },
  {
    name: "lets some events be overtaken",
    fault: "order",
    changes: [
      {
        file: "src/core/outbound/delivery.ts",
        from: "    this.rooms.publish(\n      room,\n",
        to: `    const publish: Rooms["publish"] = (...args) => {
      if (frame.length % 3 === 0) queueMicrotask(() => this.rooms.publish(...args));
      else this.rooms.publish(...args);
    };
    publish(
      room,
`,
      },
    ],
  },
];
