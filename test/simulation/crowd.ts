import type { Faults } from "../../src/verify/faults.ts";
import { type Fleet, START } from "./fleet.ts";
import type { Node } from "./node.ts";
import { type Place, places } from "./places.ts";
import { Visitor } from "./visitor.ts";

/** Every node has heard after this of who is there on another. */
export const KNOWN_MS = 1_000;
/** A node that has died is known to be gone, and so are its users. */
export const FORGOTTEN_MS = 3_600;
const USERS = ["crowd-1", "crowd-2"];
/** Connections that a user may have in one place. */
const SLOTS = 2;

/** Somebody has typed, and these have to hear it. */
interface Typed {
  readonly by: Visitor;
  readonly waiting: Set<Visitor>;
}

/**
 * Users who come and go on all nodes, with up to two connections in a place, and an observer in each place on each
 * node. All read at once, and know of each other what nodes tell each other beside the log.
 */
export class Crowd {
  readonly #visitors: Visitor[];
  /** When a user was there last for the first time, or gone, by place and user. */
  readonly #changedAt = new Map<string, number>();
  #typed: Typed[] = [];
  /** Who was told that somebody has gone, since the last look. */
  #gone: { readonly by: Visitor; readonly userId: string }[] = [];

  constructor(
    private readonly fleet: Fleet,
    private readonly faults: Faults,
    private readonly count: (what: string) => void,
  ) {
    const create = (place: Place, userId: string, home?: Node) =>
      new Visitor(place, userId, home, {
        now: () => fleet.clock.now(),
        changed: (visitor) => this.#changed(visitor),
        gone: (by, userId) => this.#gone.push({ by, userId }),
        cameTwice: (by, userId) => faults.add("there", `${by} was told twice that ${userId} has come`),
        typing: (by, userId) => this.#heardTyping(by, userId),
      });
    this.#visitors = places.flatMap((place) => [
      ...fleet.nodes.map((node, n) => create(place, `observer-${n}`, node)),
      ...USERS.flatMap((userId) => Array.from({ length: SLOTS }, () => create(place, userId))),
    ]);
  }

  /** In diet only friends see each other. */
  async befriend(): Promise<void> {
    const everybody = [...USERS, ...this.fleet.nodes.map((_, n) => `observer-${n}`)];
    const acceptedAt = "2026-01-01T00:00:00.000Z";
    const friendships = everybody.flatMap((userId, n) =>
      everybody.slice(n + 1).flatMap((friendId) => {
        const friendshipId = `${userId}_${friendId}`;
        const data = { friendshipId, userId, friendId, friendName: "Ada", acceptedAt };
        const of = (user: string) => ({ user, type: "friend.accepted", data, id: `${friendshipId}_${user}` });
        return [of(userId), of(friendId)];
      }),
    );
    while ((await this.fleet.ask("POST", "/v1/diet/events", friendships))?.status !== 200)
      await this.fleet.pause(100);
  }

  /** Observers are there whenever their node listens. */
  connect(): void {
    for (const one of this.#visitors) if (one.home && !one.isOpen) this.#open(one, one.home);
  }

  /** One of the users comes to a node, or goes. */
  visit(who: number, much: number): void {
    const users = this.#visitors.filter(({ home }) => !home);
    const one = users[who % users.length]!;
    this.count(one.isOpen ? "goes" : "comes");
    if (one.isOpen) one.close();
    else {
      const { nodes } = this.fleet;
      this.#open(one, nodes[much % nodes.length]!);
    }
  }

  /** Every user is there with all connections, each on another node. */
  gather(): void {
    const users = this.#visitors.filter(({ home }) => !home);
    for (const [n, one] of users.entries())
      if (!one.isOpen) this.#open(one, this.fleet.nodes[n % this.fleet.nodes.length]!);
  }

  /** Every user closes one connection of each place, and has another. */
  halve(): void {
    for (const [n, one] of this.#visitors.filter(({ home }) => !home).entries())
      if (n % SLOTS === 0) one.close();
  }

  /** A backend revokes a user's tokens: no connection on any node outlives the answer. */
  revoke(who: number): void {
    const { fleet } = this;
    const userId = USERS[who % USERS.length]!;
    const before = START + fleet.clock.now();
    const node = fleet.next();
    const revoked = node?.instance.core.revoke(userId, before).then(() => fleet.appliedEverywhere(node));
    const check = () => {
      this.count("revoked");
      const stays = fleet.instances
        .flatMap(({ core }) => [...core.presence.of(userId)])
        .some(({ open, identity }) => open && (identity?.issuedAt ?? 0) < before);
      if (stays) this.faults.add("access", `${userId} is connected with a token that was revoked`);
    };
    void revoked?.then(check, () => {});
  }

  #open(visitor: Visitor, node: Node): void {
    if (node.isListening) visitor.open(node);
  }

  /** One who is there types. */
  type(who: number): void {
    const able = this.#visitors.filter(({ canType }) => canType);
    const one = able[who % able.length];
    if (one) this.#type(one);
  }

  /** Everybody types. */
  typeAll(): void {
    for (const one of this.#visitors) if (one.canType) this.#type(one);
  }

  #type(by: Visitor): void {
    by.type();
    if (!this.#isKnown(by)) return;
    this.count("typed");
    const others = this.#at(by.place).filter((one) => one.userId !== by.userId && this.#isKnown(one));
    this.#typed.push({ by, waiting: new Set(others) });
  }

  #heardTyping(by: Visitor, userId: string): void {
    const first = this.#typed.find(
      (typed) => typed.by.userId === userId && typed.by.place === by.place && typed.waiting.has(by),
    );
    first?.waiting.delete(by);
  }

  #at(place: Place): Visitor[] {
    return this.#visitors.filter((one) => one.place === place && one.isIn);
  }

  #isThere(place: Place, userId: string): boolean {
    return this.#at(place).some((one) => one.userId === userId);
  }

  /** It has been there for so long that every node knows it. */
  #isKnown({ isIn, since }: Visitor): boolean {
    return isIn && this.fleet.clock.now() - since >= KNOWN_MS;
  }

  #changed(visitor: Visitor): void {
    const { place, userId, isIn } = visitor;
    const others = this.#at(place).filter((one) => one !== visitor && one.userId === userId);
    const now = this.fleet.clock.now();
    if (others.length === 0) this.#changedAt.set(`${place.name} ${userId}`, now);
    // Its node may have known of it before, or not yet.
    for (const one of this.#at(place)) if (now - one.since < KNOWN_MS) one.met.set(userId, "in doubt");
    if (isIn) {
      this.#meet(visitor);
      return;
    }
    this.#typed = this.#typed.filter(({ by }) => by !== visitor);
    for (const { waiting } of this.#typed) waiting.delete(visitor);
  }

  /** Whom it finds when it comes. Other nodes may take somebody for there who has just gone, and the other way round. */
  #meet(visitor: Visitor): void {
    const { met, place } = visitor;
    const now = this.fleet.clock.now();
    for (const { userId } of this.#visitors) {
      const changedAt = this.#changedAt.get(`${place.name} ${userId}`);
      if (changedAt !== undefined && now - changedAt < FORGOTTEN_MS) met.set(userId, "in doubt");
      else met.set(userId, this.#isThere(place, userId));
    }
  }

  /** Everybody reads, and nobody was told that somebody has gone who is there. */
  look(): void {
    for (const one of this.fleet.instances) one.read(Number.POSITIVE_INFINITY, (_, isPrompt) => isPrompt);
    for (const { by, userId } of this.#gone.splice(0)) {
      const there = this.#at(by.place).find((one) => one.userId === userId && this.#isKnown(one));
      if (there) this.faults.add("there", `${by} was told that ${userId} has gone, who is there`);
    }
  }

  /** Once all is quiet, everybody has been told who is there, and who is no longer. */
  check(): void {
    this.look();
    for (const one of this.#visitors) if (one.isIn) this.#checkView(one);
    for (const { by, waiting } of this.#typed)
      for (const deaf of waiting) this.faults.add("there", `${deaf} did not hear that ${by} types`);
    this.#checkNodes();
  }

  #checkView(one: Visitor): void {
    const { place, view } = one;
    for (const userId of new Set(this.#visitors.map((other) => other.userId))) {
      if (!place.told || userId === one.userId) continue;
      const isThere = this.#isThere(place, userId);
      const shown = view.get(userId) ?? this.#assumed(one, userId, isThere);
      if (shown !== isThere)
        this.faults.add("there", `${one} takes ${userId} for ${shown ? "there" : "gone"}`);
    }
    const users = new Set(this.#at(place).map(({ userId }) => userId));
    if (place.counted && one.counted !== users.size)
      this.faults.add("there", `${one} counts ${one.counted} of ${users.size}`);
  }

  /** What follows for it where nothing was told of a user: who was there when it came is there still. */
  #assumed({ met, place }: Visitor, userId: string, isThere: boolean): boolean {
    const was = place.tellsAll ? false : (met.get(userId) ?? false);
    return was === "in doubt" ? isThere : was;
  }

  /** Every node counts the connections of every user on all of them. */
  #checkNodes(): void {
    const connections = this.fleet.instances.flatMap(({ core }) => [...core.connections.all]);
    const users = Map.groupBy(connections, ({ identity }) => identity?.userId ?? "");
    users.delete("");
    const entries = new Set(this.fleet.instances.map(({ core }) => core.rosters.entries));
    for (const [n, { core }] of this.fleet.instances.entries()) {
      for (const [userId, all] of users) {
        const known = core.presence.count(userId);
        if (known !== all.length)
          this.faults.add("there", `node ${n} has ${known} connections of ${userId}, of ${all.length}`);
      }
    }
    if (entries.size > 1) this.faults.add("there", `rosters have ${[...entries].join(" and ")} entries`);
  }
}
