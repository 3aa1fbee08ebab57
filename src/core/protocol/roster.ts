import type { Context, EventOf } from "./context.ts";
import type { Body, Schemas } from "./schemas.ts";

/** Any connection's context. */
type Ctx = Pick<Context<Schemas, unknown, unknown>, "identity" | "undo">;

/** The values of all connections on all nodes under one key of a group. */
export interface Change<Value> {
  readonly group: string;
  readonly key: string;
  readonly before: readonly Value[];
  readonly after: readonly Value[];
  /** A node that had some of them is gone, or was not heard for a while: what it has relayed meanwhile was lost. */
  readonly isLost: boolean;
}

/** Publishes to a room's connections on this node, except to the one that made the change. */
export type Tell<Out extends Schemas> = <K extends EventOf<Out>>(
  room: string,
  kind: K,
  data: Body<Out, K>,
) => void;

/**
 * Live state of connections on all nodes: each connection may set one value under each key of each group. Its values
 * end when it closes. A value is small and JSON, and nodes of the previous release must read it.
 */
export interface Roster<Value> {
  /** Sets the connection's value. Undone, without an event, when the commit of its message fails. */
  set(ctx: Ctx, group: string, key: string, value: Value): void;
  /** Removes the connection's value. Undone as above; `quiet`: without an event. */
  delete(ctx: Ctx, group: string, key: string, quiet?: boolean): void;
  /** Sets the value of all connections of this node that have one under the key, without an event. */
  replace(group: string, key: string, value: Value): void;
  /** The values of all connections in the group, by key. */
  of(group: string): Iterable<readonly [key: string, values: readonly Value[]]>;
  /** The values of all connections under the key. */
  values(group: string, key: string): readonly Value[];
  /** How many keys the group has. */
  size(group: string): number;
}

/**
 * Opens a roster of this name, which begins with the contract's. `changed` is called on every node for each `set` and `delete` on any of them, and when a
 * node is gone, so what it tells must follow from the change alone: each node tells its own connections.
 */
export type OpenRoster<Out extends Schemas> = <Value>(
  name: string,
  changed: (change: Change<Value>, tell: Tell<Out>) => void,
) => Roster<Value>;
