import type { ConnectionContext } from "../inbound/context.ts";
import type { Bus } from "../ports/bus.ts";
import type { Change, Roster, Tell } from "../protocol/roster.ts";
import type { Schemas } from "../protocol/schemas.ts";

interface OwnedValue {
  /** A connection of this node, or the id of another node, which stands for all connections there. */
  readonly by: ConnectionContext | string;
  readonly group: string;
  readonly key: string;
  value: unknown;
}

/** The values of all connections of one node under a key of a roster. */
export interface RosterEntry {
  readonly roster: string;
  readonly group: string;
  readonly key: string;
  readonly values: readonly unknown[];
}

/** Hears of each change. */
export type Changed = (change: Change<unknown>, tell: Tell<Schemas>) => void;

export interface RosterParts {
  readonly changed: Changed;
  /** Tells all connections of this node. */
  readonly tellAll: Tell<Schemas>;
  /** A connection says something now. */
  added(said: OwnedValue): void;
  /** And no longer. */
  removed(said: OwnedValue): void;
  /** The values of this node's connections under the key have changed to these. */
  readonly changedHere: ((group: string, key: string, values: readonly unknown[]) => void) | undefined;
}

const NOTHING: readonly never[] = [];
const tellNobody: Tell<Schemas> = () => {};

/** One roster: the values of this node's connections, and those that other nodes have sent. */
export class NodeRoster implements Roster<unknown> {
  readonly #groups = new Map<string, Map<string, OwnedValue[]>>();

  constructor(private readonly parts: RosterParts) {}

  set(ctx: unknown, group: string, key: string, value: unknown): void {
    const by = ctx as ConnectionContext;
    this.#undoable(by, group, key);
    this.#change(group, key, tellOthers(by), () => this.#put(by, group, key, value));
    this.#changedHere(group, key);
  }

  delete(ctx: unknown, group: string, key: string, quiet = false): void {
    const by = ctx as ConnectionContext;
    if (!this.#find(by, group, key)) return;
    this.#undoable(by, group, key);
    this.#change(group, key, quiet ? tellNobody : tellOthers(by), () => this.#remove(by, group, key));
    this.#changedHere(group, key);
  }

  replace(group: string, key: string, value: unknown): void {
    for (const said of this.#said(group, key)) if (isHere(said)) said.value = value;
    this.#changedHere(group, key);
  }

  *of(group: string): Iterable<readonly [key: string, values: readonly unknown[]]> {
    for (const [key, said] of this.#groups.get(group) ?? NOTHING) yield [key, said.map(spoken)];
  }

  values(group: string, key: string): readonly unknown[] {
    return this.#said(group, key).map(spoken);
  }

  size(group: string): number {
    return this.#groups.get(group)?.size ?? 0;
  }

  /** Keys of all groups. */
  get entries(): number {
    let sum = 0;
    for (const keys of this.#groups.values()) sum += keys.size;
    return sum;
  }

  /** Replaces the values of another node's connections under the key. */
  heard(node: string, { group, key, values }: RosterEntry, isLost: boolean): void {
    const { tellAll } = this.parts;
    const work = () => {
      this.#remove(node, group, key);
      for (const value of values) this.#add({ by: node, group, key, value });
    };
    this.#change(group, key, tellAll, work, isLost);
  }

  /** What the connections of this node say, or those of another. */
  *saidBy(node?: string): Iterable<readonly [group: string, key: string, values: readonly unknown[]]> {
    const isWanted = node === undefined ? isHere : ({ by }: OwnedValue) => by === node;
    for (const [group, keys] of this.#groups) {
      for (const [key, said] of keys) {
        const values = said.filter(isWanted).map(spoken);
        if (values.length > 0) yield [group, key, values];
      }
    }
  }

  #undoable(by: ConnectionContext, group: string, key: string): void {
    const own = this.#find(by, group, key);
    const value = own?.value;
    by.undo(() => {
      this.#change(group, key, tellNobody, () => {
        if (own) this.#put(by, group, key, value);
        else this.#remove(by, group, key);
      });
      this.#changedHere(group, key);
    });
  }

  #change(group: string, key: string, tell: Tell<Schemas>, work: () => void, isLost = false): void {
    const before = this.values(group, key);
    work();
    this.parts.changed({ group, key, before, after: this.values(group, key), isLost }, tell);
  }

  #changedHere(group: string, key: string): void {
    this.parts.changedHere?.(group, key, this.#said(group, key).filter(isHere).map(spoken));
  }

  #said(group: string, key: string): readonly OwnedValue[] {
    return this.#groups.get(group)?.get(key) ?? NOTHING;
  }

  #find(by: OwnedValue["by"], group: string, key: string): OwnedValue | undefined {
    return this.#said(group, key).find((said) => said.by === by);
  }

  #put(by: ConnectionContext, group: string, key: string, value: unknown): void {
    const own = this.#find(by, group, key);
    if (own) own.value = value;
    else this.parts.added(this.#add({ by, group, key, value }));
  }

  #add(said: OwnedValue): OwnedValue {
    const { group, key } = said;
    const keys = this.#groups.get(group) ?? new Map<string, OwnedValue[]>();
    this.#groups.set(group, keys);
    const others = keys.get(key);
    if (others) others.push(said);
    else keys.set(key, [said]);
    return said;
  }

  #remove(by: OwnedValue["by"], group: string, key: string): void {
    const keys = this.#groups.get(group);
    const said = keys?.get(key);
    if (!keys || !said) return;
    for (const one of said) if (one.by === by && isHere(one)) this.parts.removed(one);
    const rest = said.filter((one) => one.by !== by);
    if (rest.length > 0) keys.set(key, rest);
    else keys.delete(key);
    if (keys.size === 0) this.#groups.delete(group);
  }
}

/** All rosters of this process, by name. */
export class Rosters {
  readonly #all = new Map<string, NodeRoster>();
  /** What each connection says, and in which roster. */
  readonly #said = new Map<ConnectionContext, Map<OwnedValue, NodeRoster>>();

  constructor(
    /** Where there are other nodes: gets the values of this node's connections under a key of a roster when they change. */
    private readonly changedHere?: Bus["rosterChanged"],
  ) {}

  /** The name is of one roster only: other nodes know it by that. */
  open<Value>(
    name: string,
    changed: (change: Change<Value>, tell: Tell<Schemas>) => void,
    tellAll: Tell<Schemas>,
  ): Roster<Value> {
    const { changedHere } = this;
    const roster: NodeRoster = new NodeRoster({
      // Every value of a roster is of one type, here and on other nodes.
      ...{ changed: changed as Changed, tellAll },
      added: (said) => this.#added(said, roster),
      removed: (said) => this.#removed(said),
      changedHere: changedHere && ((group, key, values) => changedHere(name, group, key, values)),
    });
    this.#all.set(name, roster);
    return roster as Roster<Value>;
  }

  #added(said: OwnedValue, roster: NodeRoster): void {
    const by = said.by as ConnectionContext;
    const all = this.#said.get(by) ?? new Map<OwnedValue, NodeRoster>();
    this.#said.set(by, all.set(said, roster));
  }

  #removed(said: OwnedValue): void {
    const by = said.by as ConnectionContext;
    const all = this.#said.get(by);
    all?.delete(said);
    if (all?.size === 0) this.#said.delete(by);
  }

  /** The values of another node's connections under a key of a roster have changed to these. */
  heard(node: string, entry: RosterEntry, isLost = false): void {
    this.#all.get(entry.roster)?.heard(node, entry, isLost);
  }

  /** Another node says nothing any more but these. */
  heardAll(node: string, entries: readonly RosterEntry[]): void {
    const told = new Set(entries.map(({ roster, group, key }) => JSON.stringify([roster, group, key])));
    for (const { roster, group, key } of [...this.#saidBy(node)]) {
      if (!told.has(JSON.stringify([roster, group, key])))
        this.heard(node, { roster, group, key, values: [] }, true);
    }
    for (const entry of entries) this.heard(node, entry);
  }

  /** Keys of all rosters. */
  get entries(): number {
    return this.#all.values().reduce((sum, roster) => sum + roster.entries, 0);
  }

  /** What the connections of this node say. */
  said(): Iterable<RosterEntry> {
    return this.#saidBy();
  }

  *#saidBy(node?: string): Iterable<RosterEntry> {
    for (const [roster, one] of this.#all) {
      for (const [group, key, values] of one.saidBy(node)) yield { roster, group, key, values };
    }
  }

  /** The connection has closed: removes its values. */
  closed(ctx: ConnectionContext): void {
    for (const [{ group, key }, roster] of this.#said.get(ctx) ?? NOTHING) roster.delete(ctx, group, key);
    this.#said.delete(ctx);
  }
}

const spoken = ({ value }: OwnedValue): unknown => value;
const isHere = ({ by }: OwnedValue): boolean => typeof by !== "string";

const tellOthers =
  (ctx: ConnectionContext): Tell<Schemas> =>
  (room, kind, data) =>
    ctx.relayLocal(room, kind, data);
