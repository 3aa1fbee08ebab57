import { z } from "zod";
import type { Line } from "../line.ts";
import type { Stage } from "../stage.ts";

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

  constructor(private readonly stage: Stage) {
    this.#chatId = `${stage.run}-removed`;
    this.#room = `chat:${this.#chatId}`;
    this.#userId = `remover-${stage.run}`;
    stage.ledger.removed.add(this.#room);
  }

  /** One round; it ends early where the server is down. */
  async round(): Promise<void> {
    // Another node may not have applied the removal yet: it is right about what it has.
    if (this.stage.hasNodes) return;
    const before = await this.#resume(0);
    if (!before || !(await this.#say())) return;
    const heard = await this.#resume(before.until);
    if (!heard) return;
    if ((await this.stage.ask("DELETE", `/v1/rooms/${this.#room}`))?.status !== 204) return;
    if (!(await this.#say())) return;
    const verdict = await this.#resume(heard.until);
    if (!verdict) return;
    this.stage.count(`resumed ${verdict.reason ?? "complete"}`);
    if (verdict.reason === "removed" && !verdict.complete) return;
    const what = `${this.#userId} was told ${verdict.reason ?? "complete"} of ${this.#room}, which was removed`;
    this.stage.ledger.faults.add("resumed", what);
  }

  async #say(): Promise<boolean> {
    const id = `${this.#userId}-${++this.#said}`;
    const message = { id, chatId: this.#chatId, userId: this.#userId, content: id, role: "user" };
    const whole = { ...message, timestamp: new Date(0).toISOString(), metadata: {} };
    const event = { room: this.#room, type: "message", data: { chatId: this.#chatId, message: whole } };
    return (await this.stage.ask("POST", "/v1/gurukul/events", [event]))?.status === 200;
  }

  /** The verdict on a connection that resumes the chat at this offset; undefined when none came. */
  async #resume(offset: number): Promise<Verdict | undefined> {
    const { stage } = this;
    const token = await stage.token(this.#userId, [this.#room]);
    let line: Line | undefined;
    let isClosed = false;
    let verdict: Verdict | undefined;
    const resume = encodeURIComponent(`${this.#room}@${offset}`);
    await stage.open(
      { path: `/ws?token=${token}&resume=${resume}` },
      {
        opened: (opened) => {
          line = opened;
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
    for (let tries = 0; tries < PATIENCE && !verdict && !isClosed; tries++) await stage.pause(PAUSE_MS);
    line?.close();
    return verdict;
  }
}
