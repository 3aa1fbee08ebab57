import type { Fault } from "../src/verify/faults.ts";
import type { Mishap } from "../src/verify/schedule.ts";

/** A small change that breaks the server, and the fault by which verify and the simulation must detect it. */
export interface Mutation {
  readonly name: string;
  readonly fault: Fault;
  /** The faults to inject for it; all of them when this is missing. */
  readonly mishaps?: readonly Mishap[];
  /** Of what the simulation has none: only verify can detect it. */
  readonly isOutside?: boolean;
  /** `from` must be in the file exactly once. */
  readonly changes: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

export const mutations: readonly Mutation[] = [
  {
    name: "confirms before it commits",
    fault: "lost",
    mishaps: ["disk"],
    changes: [
      {
        file: "src/core/log/turn.ts",
        from: "this.parts.store.savePosition(position);\n",
        to: "this.parts.store.savePosition(position);\n        this.#completions.finish(steps, applied);\n",
      },
      {
        file: "src/core/log/turn.ts",
        from: "    if (this.#delivers) this.#completions.finish(steps, outcomes);\n",
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
            } catch {} // The simulation has ended.
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
        from: "const stored = clientId === null ? undefined : this.#repeated(room, entry, hash);",
        to: "const stored = clientId === null || room ? undefined : this.#repeated(room, entry, hash);",
      },
    ],
  },
  {
    name: "does not check who may be in a room",
    fault: "access",
    changes: [
      {
        file: "src/core/inbound/pipeline.ts",
        from: "const hasAccess = access.may(identity, room);",
        to: "const hasAccess = access !== undefined;",
      },
    ],
  },
  {
    name: "keeps in a room a user who was removed",
    fault: "access",
    changes: [
      {
        file: "src/core/live/access-changes.ts",
        from: "if (isOut || !this.parts.access.may(identity, room)) this.#expel(connection, room);",
        to: "void identity;",
      },
    ],
  },
  {
    name: "shows a joiner, too, what is still to come as an event",
    fault: "order",
    changes: [
      {
        file: "src/core/inbound/context.ts",
        from: "for (const frame of [...greeting, ...placed]) connection.send(frame);",
        to: "for (const frame of [...(usual ? [...greet(), ...usual()] : greet()), ...placed]) connection.send(frame);",
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
  {
    name: "forgets, for a client that resumes, the events of the same turn",
    fault: "resumed",
    mishaps: ["cut", "kill"],
    changes: [
      {
        file: "src/core/inbound/resumption.ts",
        from: "    this.turns.after(effect, completion, snapshot);\n",
        to: "    snapshot();\n    this.turns.after(effect, completion);\n",
      },
    ],
  },
  {
    name: "resumes one offset too late",
    fault: "resumed",
    mishaps: ["cut", "kill"],
    changes: [
      {
        file: "src/core/inbound/resumption.ts",
        from: "after: isTold ? verdict.until : verdict.after,",
        to: "after: isTold ? verdict.until : verdict.after + 1,",
      },
    ],
  },
  {
    name: "resumes one offset too early",
    fault: "resumed",
    mishaps: ["cut", "kill"],
    changes: [
      {
        file: "src/core/inbound/resumption.ts",
        from: "after: isTold ? verdict.until : verdict.after,",
        to: "after: isTold ? verdict.until : Math.max(0, verdict.after - 1),",
      },
    ],
  },
  {
    name: "lets a live event overtake the missed ones",
    fault: "resumed",
    mishaps: ["stall", "cut", "kill"],
    changes: [
      {
        file: "src/core/inbound/resumption.ts",
        from: "      if (told.isLast) {",
        to: "      connection.catchingUp?.delete(room);\n      this.rooms.join(connection, room);\n      connection.catchingUp?.set(room, new Set());\n      if (told.isLast) {",
      },
    ],
  },
  {
    name: "skips, for a client that resumes, the event between two pages",
    fault: "resumed",
    mishaps: ["stall", "cut", "kill"],
    changes: [
      {
        file: "src/core/inbound/missed-pages.ts",
        from: "return { frames, until: Math.min(last, after + PAGE) };",
        to: "return { frames, until: Math.min(last, after + PAGE + 1) };",
      },
    ],
  },
  {
    name: "resumes a room at the offset of another",
    fault: "resumed",
    mishaps: ["cut", "kill"],
    changes: [
      {
        file: "src/core/inbound/resumption.ts",
        from: "const after = this.frames.offsetOf(name, number);",
        to: "const after = this.#wrongOf(this.frames.offsetOf(name, number));",
      },
      {
        file: "src/core/inbound/resumption.ts",
        from: "  /** False when this join brings nothing",
        to: "  #other = 0;\n  #wrongOf(own: number): number {\n    const other = this.#other;\n    this.#other = own;\n    return other;\n  }\n\n  /** False when this join brings nothing",
      },
    ],
  },
  {
    name: "tells a client that resumes its last missed event again, live",
    fault: "resumed",
    mishaps: ["cut", "kill"],
    changes: [
      {
        file: "src/core/inbound/resumption.ts",
        from: "      for (const { frame } of frames) connection.send(frame);\n",
        to: "      for (const { frame } of frames) connection.send(frame);\n      const last = frames.at(-1);\n      if (told.isLast && last?.event) connection.send(last.frame);\n",
      },
    ],
  },
  {
    name: "calls what it tells complete although the room was removed",
    fault: "resumed",
    mishaps: ["cut", "kill"],
    changes: [
      {
        file: "src/core/inbound/verdict.ts",
        from: '  const reason = told < removed ? "removed" : "expired";\n  return { room, after: gone, until: last, complete: false, reason };',
        to: "  return told < removed || told < gone ? { room, after: gone, until: last, complete: true } : undefined;",
      },
    ],
  },
  {
    name: "skips, for a consumer of the feed that comes back, the rest of the turn in which it was cut",
    fault: "feed",
    mishaps: ["cut", "kill"],
    isOutside: true,
    changes: [
      {
        file: "src/storage/event-pages.ts",
        from: "row.position > position || (row.position === position && row.ordinal > ordinal)",
        to: "row.position > position && ordinal >= 0",
      },
    ],
  },
  {
    name: "moves a webhook on before its receiver has answered 2xx",
    fault: "feed",
    mishaps: ["kill"],
    isOutside: true,
    changes: [
      {
        file: "src/feed/webhook.ts",
        from: "        const isDelivered = await this.#deliver(events, place, signal);\n",
        to: "        Object.assign(row, placeAt(place.cursor));\n        this.#place = place;\n        const isDelivered = await this.#deliver(events, place, signal);\n",
      },
    ],
  },
  {
    name: "saves a webhook as moved on before its receiver has answered 2xx",
    fault: "feed",
    mishaps: ["kill"],
    isOutside: true,
    changes: [
      {
        file: "src/feed/webhook.ts",
        from: "parts.save({ ...row, ...until });",
        to: "parts.save({ ...row, ...until, position: last.position, ordinal: last.ordinal });",
      },
    ],
  },
];

/** A small change that breaks several nodes on one log. */
export interface NodeMutation extends Pick<Mutation, "name" | "changes"> {
  /** By which the simulation of nodes must detect it; without one, the test must fail. */
  readonly fault?: Fault;
  readonly test?: string;
}

/** A small change that breaks a cluster, which `verify --cluster 3` must detect. */
export interface ClusterMutation extends Pick<Mutation, "name" | "changes" | "fault"> {
  /** The faults to inject for it; empty: it shows without any. */
  readonly mishaps: readonly Mishap[];
  /** It concerns what the simulation of nodes has too, so that must detect it as well. */
  readonly isSimulated?: boolean;
}

export const clusterMutations: readonly ClusterMutation[] = [
  {
    name: "applies and confirms what it took before the log has it",
    fault: "diverged",
    mishaps: [],
    changes: [
      {
        file: "src/log/jetstream.ts",
        from: "append: (batch) => this.#appender.append(batch),",
        to: "append: (batch) => {\n        this.#appender.append(batch);\n        setTimeout(() => apply(applied() + 1, JSON.parse(JSON.stringify(batch))));\n      },",
      },
    ],
  },
  {
    name: "tells its clients nothing of what other nodes took",
    fault: "gap",
    mishaps: [],
    isSimulated: true,
    changes: [
      {
        file: "src/core/log/turn.ts",
        from: "if (this.#delivers) this.#completions.finish(steps, outcomes);",
        to: "if (this.#delivers && own) this.#completions.finish(steps, outcomes);",
      },
    ],
  },
  {
    name: "skips a batch when it goes on with another consumer",
    fault: "diverged",
    mishaps: ["kill", "partition"],
    isSimulated: true,
    changes: [
      {
        file: "src/log/reader.ts",
        from: "opt_start_seq: applied() + 1,",
        to: "opt_start_seq: applied() + (this.consumersMade > 0 ? 2 : 1),",
      },
      {
        file: "src/log/deliveries.ts",
        from: "    if (position > next) return false;\n",
        to: "",
      },
    ],
  },
  {
    name: "recognises a repeat only on the node that took the message",
    fault: "diverged",
    mishaps: ["cut", "kill"],
    isSimulated: true,
    changes: [
      {
        file: "src/core/log/turn.ts",
        from: "this.parts.applier.apply(position, batch.entries[applied.length]!)",
        to: "this.parts.applier.apply(position, { ...batch.entries[applied.length]!, ...(!own && { clientId: null }) })",
      },
    ],
  },
  {
    name: "goes on with the work of a lease that it has lost",
    fault: "leased",
    mishaps: ["partition", "pause"],
    changes: [
      {
        file: "src/log/leases.ts",
        from: "if (!this.isHeld) return;",
        to: "if (!this.#stopped) return;",
      },
    ],
  },
  {
    name: "keeps what its clients type from other nodes",
    fault: "there",
    mishaps: [],
    isSimulated: true,
    changes: [
      {
        file: "src/cluster/relays.ts",
        from: "    this.sent++;\n    transport.publish(",
        to: '    this.sent++;\n    if (room === "") transport.publish(',
      },
    ],
  },
  {
    name: "takes the users of a node that died for there",
    fault: "there",
    mishaps: [],
    isSimulated: true,
    changes: [
      {
        file: "src/cluster/membership.ts",
        from: "    else this.#removeSilent(now);\n",
        to: "",
      },
    ],
  },
  {
    name: "tells nobody which users it has",
    fault: "there",
    mishaps: [],
    isSimulated: true,
    changes: [
      {
        file: "src/cluster/cluster.ts",
        from: "rosterChanged: (...change) => this.#roster.changed(...change),",
        to: "rosterChanged: () => {},",
      },
      {
        file: "src/cluster/cluster.ts",
        from: "said: (): Iterable<RosterEntry> => this.#node?.roster.said() ?? [],",
        to: "said: (): Iterable<RosterEntry> => [],",
      },
    ],
  },
];

export const nodeMutations: readonly NodeMutation[] = [
  {
    name: "orders by time what it restores",
    fault: "diverged",
    changes: [
      {
        file: "src/protocols/hyperfocus/combo.ts",
        from: "({ offset, time }: Combo): number => offset ?? time - Number.MAX_SAFE_INTEGER;",
        to: "({ time }: Combo): number => time;",
      },
    ],
  },
  {
    name: "removes what is old outside of the log",
    fault: "diverged",
    changes: [
      {
        file: "src/core/core.ts",
        from: "    ...administration,\n",
        to: "    ...administration,\n    trim(upTo: number, settled: (refused: boolean) => void) {\n      store.transaction(() => store.trim(upTo));\n      settled(false);\n    },\n",
      },
    ],
  },
  {
    name: "leaves out the id of an edit that another node took",
    fault: "diverged",
    changes: [
      {
        file: "src/core/outbound/delivery.ts",
        from: "const frame = protocol.envelope(event.kind, event.body, event);",
        to: 'const isWhole = event.kind !== "edit" || connection;\n        const frame = protocol.envelope(event.kind, event.body, isWhole ? event : { ...event, clientId: null });',
      },
    ],
  },
  {
    name: "forgets one of the votes of a poll when it starts again",
    fault: "diverged",
    changes: [
      {
        file: "docs/adding-a-contract.md",
        from: "new Map(history.state(room));",
        to: "new Map([...history.state(room)].slice(1));",
      },
    ],
  },
  {
    name: "does not publish what another node took",
    fault: "gap",
    changes: [
      {
        file: "src/core/log/turn.ts",
        from: "if (this.#delivers) this.#completions.finish(steps, outcomes);",
        to: "if (this.#delivers && own) this.#completions.finish(steps, outcomes);",
      },
    ],
  },
  {
    name: "ends memberships and connections only on the node that was asked",
    fault: "access",
    changes: [
      {
        file: "src/core/outbound/delivery.ts",
        from: "if (outcome.events.length === 0) this.applied(entry);",
        to: "if (outcome.events.length === 0 && completion.applied) this.applied(entry);",
      },
    ],
  },
  {
    name: "tells a client that comes from a node further on that it knows no such offset",
    test: "test/core/inbound/resume-nodes.test.ts",
    changes: [
      {
        file: "src/core/inbound/resumption.ts",
        from: "const caughtUp = isAhead ? this.caughtUp() : undefined;",
        to: "const caughtUp = isAhead && NONE.length > 0 ? this.caughtUp() : undefined;",
      },
    ],
  },
  {
    name: "starts again one batch too late",
    fault: "diverged",
    changes: [
      {
        file: "src/storage/store.ts",
        from: "let { position, hash, after: withoutRow } = readChain(database.db);",
        to: "let { position, hash, after: withoutRow } = readChain(database.db);\n  if (position > 0) position++;",
      },
    ],
  },
  {
    name: "drops what is relayed to it while it is behind",
    fault: "there",
    changes: [
      {
        file: "src/cluster/relays.ts",
        from: "    this.#held.push({ ...relayed, until: clock.monotonic() + HELD_MS });\n",
        to: "    this.dropped++;\n",
      },
    ],
  },
  {
    name: "keeps what the connections of a node that died have said",
    fault: "there",
    changes: [
      {
        file: "src/cluster/roster-sync.ts",
        from: "if (this.#followed.delete(id)) this.parts.roster.heardAll(id, []);",
        to: "this.#followed.delete(id);",
      },
    ],
  },
  {
    name: "takes a user for gone when one of their connections closes",
    fault: "there",
    changes: [
      {
        file: "src/core/live/roster.ts",
        from: "const rest = said.filter((one) => one.by !== by);",
        to: "const rest: Said[] = [];",
      },
    ],
  },
  {
    name: "relays what each node derives from a roster",
    fault: "there",
    changes: [
      {
        file: "src/core/live/roster.ts",
        from: "    ctx.relayLocal(room, kind, data);",
        to: "    ctx.relay(room, kind, data);",
      },
    ],
  },
];
