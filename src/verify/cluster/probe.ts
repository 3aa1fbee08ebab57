import { z } from "zod";
import type { Faults } from "../faults.ts";
import { waitFor } from "../patience.ts";
import { tokenFor } from "../target.ts";
import type { OwnNode } from "./own-node.ts";

/** Nodes hear of each other in milliseconds; the rest is for a slow machine. */
const HEARD_MS = 20_000;
const POLL_MS = 250;
const CHAT = "verify-who-is-there";
const LEASES = ["webhooks", "snapshots"];
const typing = z.object({ type: z.literal("typing"), data: z.object({ userId: z.string() }) });

/** A user of a chat on one node. */
class Prober {
  readonly heard = new Set<string>();

  readonly userId: string;
  #socket: WebSocket | undefined;

  constructor(private readonly node: OwnNode) {
    this.userId = `prober-on-${node.name}`;
  }

  /** Resolves when it is connected, or was not: a node that is cut off for a moment lets nobody stay. */
  async connect(): Promise<void> {
    if (this.#socket?.readyState === WebSocket.OPEN) return;
    const { server } = this.node;
    const token = await tokenFor(server, this.userId, [`chat:${CHAT}`]);
    const socket = new WebSocket(`${server.origin().replace("http", "ws")}/ws?token=${token}`);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const frame = typing.safeParse(JSON.parse(String(data)));
      if (frame.success) this.heard.add(frame.data.data.userId);
    });
    await new Promise<void>((resolve) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("close", () => resolve());
    });
    this.#send("chat_update", { action: "join", chatId: CHAT });
  }

  type(): void {
    for (const isTyping of [true, false])
      this.#send("typing", { chatId: CHAT, userId: this.userId, isTyping });
  }

  close(): void {
    this.#socket?.close();
  }

  #send(type: string, data: unknown): void {
    if (this.#socket?.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify({ type, data, timestamp: Date.now() }));
  }
}

/**
 * What nodes tell each other beside the log: a user is online for all nodes while they are connected to one, what they
 * type is heard on all, and with the death of their node they are gone.
 */
export async function probe(nodes: readonly OwnNode[], faults: Faults): Promise<void> {
  const probers = nodes.map((node) => new Prober(node));
  const wrong = await lastWrong(async () => {
    await Promise.all(probers.map((prober) => prober.connect()));
    for (const prober of probers) prober.type();
    const unheard = probers.flatMap((one, n) =>
      probers
        .filter((other) => other !== one && !one.heard.has(other.userId))
        .map((other) => `what ${other.userId} types is not heard on ${nodes[n]?.name}`),
    );
    return [...unheard, ...(await shownAs(false, nodes, probers))];
  });
  for (const one of await lastWrong(() => wrongLeases(nodes))) faults.add("leased", one);
  const [victim, ...others] = nodes;
  const [gone, ...still] = probers;
  await victim?.server.kill();
  const dead = gone ? await lastWrong(() => shownAs(true, others, [gone])) : [];
  const living = await lastWrong(async () => {
    await Promise.all(still.map((prober) => prober.connect()));
    return shownAs(false, others, still);
  });
  for (const one of [...wrong, ...dead, ...living]) faults.add("there", one);
  for (const prober of probers) prober.close();
}

/** Each kind of work that not exactly one node does. */
async function wrongLeases(nodes: readonly OwnNode[]): Promise<string[]> {
  const held = await Promise.all(nodes.map((node) => node.leases()));
  return LEASES.flatMap((lease) => {
    const holders = nodes.filter((_, n) => held[n]?.includes(lease)).map(({ name }) => name);
    return holders.length === 1 ? [] : [`${lease}: ${holders.join(" and ") || "no node"}`];
  });
}

/** For whom of these users a node says so, wrongly. */
async function shownAs(
  isOnline: boolean,
  nodes: readonly OwnNode[],
  users: readonly Prober[],
): Promise<string[]> {
  const said = await Promise.all(
    nodes.flatMap((node) =>
      users.map(async ({ userId }) =>
        (await node.isOnline(userId)) === isOnline
          ? [`${userId} is ${isOnline ? "still there" : "gone"} for ${node.name}`]
          : [],
      ),
    ),
  );
  return said.flat();
}

/** What is wrong in the end, when it has had the time to become right. */
async function lastWrong(poll: () => Promise<readonly string[]>): Promise<readonly string[]> {
  let wrong: readonly string[] = [];
  const isRight = async () => {
    wrong = await poll();
    return wrong.length === 0;
  };
  await waitFor(isRight, () => wrong.join(), HEARD_MS, POLL_MS);
  return wrong;
}
