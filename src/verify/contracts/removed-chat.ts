import { z } from "zod";
import type { Harness } from "../harness.ts";
import type { JsonSocket } from "../json-socket.ts";

const resumed = z.object({
  type: z.literal("resumed"),
  data: z.object({ until: z.number(), complete: z.boolean(), reason: z.string().optional() }),
});
type Verdict = z.output<typeof resumed>["data"];

const PATIENCE = 100;
const PAUSE_MS = 50;

/**
 * A chat that a backend removes and makes again. A client that resumes the removed one must be told so: the events that
 * it hears are not the ones that follow what it has heard.
 */
export class RemovedChat {
  readonly #room: string;
  readonly #chatId: string;
  readonly #userId: string;
  #said = 0;

  constructor(private readonly harness: Harness) {
    this.#chatId = `${harness.run}-removed`;
    this.#room = `chat:${this.#chatId}`;
    this.#userId = `remover-${harness.run}`;
    harness.ledger.removed.add(this.#room);
  }

  /** One round; it ends early where the server is down. */
  async round(): Promise<void> {
    // Another node may not have applied the removal yet: it is right about what it has.
    if (this.harness.hasNodes) return;
    const before = await this.#resume(0);
    if (!before || !(await this.#post())) return;
    const heard = await this.#resume(before.until);
    if (!heard) return;
    if ((await this.harness.ask("DELETE", `/v1/rooms/${this.#room}`))?.status !== 204) return;
    if (!(await this.#post())) return;
    const verdict = await this.#resume(heard.until);
    if (!verdict) return;
    this.harness.count(`resumed ${verdict.reason ?? "complete"}`);
    if (verdict.reason === "removed" && !verdict.complete) return;
    const what = `${this.#userId} was told ${verdict.reason ?? "complete"} of ${this.#room}, which was removed`;
    this.harness.ledger.faults.add("resumed", what);
  }

  async #post(): Promise<boolean> {
    const id = `${this.#userId}-${++this.#said}`;
    const message = { id, chatId: this.#chatId, userId: this.#userId, content: id, role: "user" };
    const whole = { ...message, timestamp: new Date(0).toISOString(), metadata: {} };
    const event = { room: this.#room, type: "message", data: { chatId: this.#chatId, message: whole } };
    return (await this.harness.ask("POST", "/v1/gurukul/events", [event]))?.status === 200;
  }

  /** The verdict on a connection that resumes the chat at this offset; undefined when none came. */
  async #resume(offset: number): Promise<Verdict | undefined> {
    const { harness } = this;
    const token = await harness.token(this.#userId, [this.#room]);
    let socket: JsonSocket | undefined;
    let isClosed = false;
    let verdict: Verdict | undefined;
    const resume = encodeURIComponent(`${this.#room}@${offset}`);
    await harness.open(
      { path: `/ws?token=${token}&resume=${resume}` },
      {
        opened: (opened) => {
          socket = opened;
          opened.send({ type: "chat_update", data: { action: "join", chatId: this.#chatId }, timestamp: 1 });
        },
        heard: (frame) => {
          verdict ??= resumed.safeParse(frame).data?.data;
        },
        closed: () => {
          isClosed = true;
        },
      },
    );
    for (let tries = 0; tries < PATIENCE && !verdict && !isClosed; tries++) await harness.pause(PAUSE_MS);
    socket?.close();
    return verdict;
  }
}
