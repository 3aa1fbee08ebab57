import { z } from "zod";
import type { Faults } from "../faults.ts";
import { tokenFor } from "../target.ts";
import type { OwnNode } from "./own-node.ts";

/** Nodes hear of each other in milliseconds; the rest is for a slow machine. */
const HEARD_MS = 20_000;
const LOOK_MS = 250;
const CHAT = "verify-who-is-there";
const typing = z.object({ type: z.literal("typing"), data: z.object({ userId: z.string() }) });

/** A user of a chat on one node. */
class Prober {
  readonly heard = new Set<string>();

  private constructor(
    readonly userId: string,
    private readonly socket: WebSocket,
  ) {
    socket.addEventListener("message", ({ data }) => {
      const frame = typing.safeParse(JSON.parse(String(data)));
      if (frame.success) this.heard.add(frame.data.data.userId);
    });
  }

  static async connect({ name, server }: OwnNode): Promise<Prober> {
    const userId = `prober-on-${name}`;
    const token = await tokenFor(server, userId, [`chat:${CHAT}`]);
    const socket = new WebSocket(`${server.origin().replace("http", "ws")}/ws?token=${token}`);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("error", () => reject(new Error(`${name} takes no connection`)));
    });
    const prober = new Prober(userId, socket);
    prober.#send("chat_update", { action: "join", chatId: CHAT });
    return prober;
  }

  type(): void {
    for (const isTyping of [true, false])
      this.#send("typing", { chatId: CHAT, userId: this.userId, isTyping });
  }

  close(): void {
    this.socket.close();
  }

  #send(type: string, data: unknown): void {
    if (this.socket.readyState === WebSocket.OPEN)
      this.socket.send(JSON.stringify({ type, data, timestamp: Date.now() }));
  }
}

/**
 * What nodes tell each other beside the log: a user is online for all nodes while they are connected to one, what they
 * type is heard on all, and with the death of their node they are gone.
 */
export async function probe(nodes: readonly OwnNode[], faults: Faults): Promise<void> {
  const probers = await Promise.all(nodes.map((node) => Prober.connect(node)));
  const wrong = await lastWrong(async () => {
    for (const prober of probers) prober.type();
    const deaf = probers.flatMap((one, n) =>
      probers
        .filter((other) => other !== one && !one.heard.has(other.userId))
        .map((other) => `what ${other.userId} types is not heard on ${nodes[n]?.name}`),
    );
    return [...deaf, ...(await shownAs(false, nodes, probers))];
  });
  const [victim, ...others] = nodes;
  const [gone, ...still] = probers;
  await victim?.server.kill();
  const dead = gone ? await lastWrong(() => shownAs(true, others, [gone])) : [];
  const living = await lastWrong(() => shownAs(false, others, still));
  for (const one of [...wrong, ...dead, ...living]) faults.add("there", one);
  for (const prober of probers) prober.close();
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
async function lastWrong(look: () => Promise<readonly string[]>): Promise<readonly string[]> {
  const deadline = performance.now() + HEARD_MS;
  for (;;) {
    const wrong = await look();
    if (wrong.length === 0 || performance.now() > deadline) return wrong;
    await Bun.sleep(LOOK_MS);
  }
}
