import type { Cluster } from "../cluster/cluster.ts";
import type { Peer } from "../cluster/membership.ts";
import type { Core } from "../core/core.ts";
import type { ClusterState, LogServers, NodeState } from "../http/cluster.ts";
import { type ConnectionPage, type PageRequest, pageOf } from "../http/connections.ts";
import type { Gathered } from "../http/nodes.ts";
import type { Storage } from "../storage/open.ts";

/** What each node is asked, by itself and by the others, and what it answers. */
export interface NodeQuestions {
  connections(request: PageRequest): ConnectionPage;
  /** Whether the connection is here; it is closed. */
  close(id: string): boolean;
  /** How many connections are in each of these rooms. */
  online(rooms: readonly string[]): readonly number[];
  /** When the user was last active, in milliseconds since the epoch; null for a user who was never here. */
  lastActive(userId: string): number | null;
  /** How this node is. */
  state(nothing: null): NodeState;
  /** When the erasure of each of these users was finished here; null where it was not. */
  erased(userIds: readonly string[]): readonly (number | null)[];
}

export const answersOf = (
  core: Pick<Core, "connections" | "rooms" | "presence">,
  { erasures, people }: Pick<Storage, "erasures" | "people">,
  state: () => NodeState,
): NodeQuestions => ({
  state,
  connections: (request) => pageOf(core.connections.all, request),
  close(id) {
    const found = [...core.connections.all].find((one) => one.id === id);
    found?.close(1008, "Closed by the server");
    return found !== undefined;
  },
  online: (rooms) => rooms.map((room) => core.rooms.size(room)),
  lastActive: (userId) => core.presence.lastSeen(userId) ?? people.lastActive(userId) ?? null,
  erased: (userIds) => userIds.map((userId) => erasures.of(userId)?.finishedAt ?? null),
});

/** This node and the others, where there are others. */
export class Nodes {
  constructor(
    private readonly name: string,
    private readonly own: NodeQuestions,
    private readonly cluster: Cluster | undefined,
    private readonly log: { servers(): Promise<LogServers | undefined> } | undefined,
  ) {}

  /** The names of the live nodes; undefined for one server alone. */
  get names(): readonly string[] | undefined {
    return this.cluster && [this.name, ...this.cluster.peers.map(({ name }) => name)].sort();
  }

  /** Asks all nodes, or those of this name. */
  async ask<Question extends keyof NodeQuestions>(
    question: Question,
    about: Parameters<NodeQuestions[Question]>[0],
    node?: string,
  ): Promise<Gathered<ReturnType<NodeQuestions[Question]>>> {
    type Answer = ReturnType<NodeQuestions[Question]>;
    const { cluster, name } = this;
    const asked = cluster?.ask<Answer>(question, about, node);
    const own = this.own[question] as (about: unknown) => Answer;
    const here = node === undefined || node === name ? [{ node: name, answer: own(about) }] : [];
    const others = await asked;
    return { answers: [...here, ...(others?.answers ?? [])], silent: others?.silent ?? [] };
  }

  /** All nodes and the log, with the names of nodes that gave no answer; undefined where one server is alone. */
  async state(): Promise<{ state: ClusterState; silent: readonly string[] } | undefined> {
    const { cluster, log } = this;
    if (!cluster || !log) return undefined;
    const [{ answers, silent }, servers] = await Promise.all([this.ask("state", null), log.servers()]);
    const unheard = cluster.peers.filter(({ name }) => silent.includes(name)).map(silentState);
    const nodes = [...answers.map(({ answer }) => answer), ...unheard].sort(byName);
    return { state: { cluster: cluster.name, log: servers ?? null, nodes }, silent };
  }
}

const byName = (one: NodeState, other: NodeState): number => (one.name < other.name ? -1 : 1);

/** The state of a node that gave no answer, from its last heartbeat. */
const silentState = ({ name, position, hash, writeLevel }: Peer): NodeState => ({
  ...{ name, position, hash, writeLevel },
  ...{ ready: false, reason: "it gives no answer", warning: null },
  ...{ version: null, uptime: null, connections: null, lagSeconds: null, leases: [] },
});
