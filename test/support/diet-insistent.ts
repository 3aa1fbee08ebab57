import type { Frame } from "./client.ts";
import { AT } from "./diet.ts";

const IN_FLIGHT = 6;
/** The number of confirmations that it doubts when it comes back: it sends those messages again too. */
const DOUBTS = 3;

/**
 * A client of the diet app that writes, asks for friendship and accepts, as fast as confirmations allow. What was not
 * confirmed when the connection broke it sends again when it comes back, in its order and before anything new.
 */
export class DietInsistent {
  /** Frames that were confirmed, by id. */
  readonly confirmed = new Map<string, Frame>();
  /** Ids that were confirmed twice, the second time with other data, and what was refused. */
  readonly contradicted: string[] = [];
  /** Ids of the direct messages that have come, connection by connection. */
  readonly heard: string[][] = [];
  readonly #unconfirmed = new Map<string, Frame>();
  readonly #said: Frame[] = [];
  #socket: WebSocket | undefined;
  #talking = true;
  #next = 0;
  #rested = Promise.withResolvers<void>();

  constructor(
    readonly userId: string,
    private readonly others: readonly string[],
    private readonly groupId: string,
    private readonly onConfirmed: () => void,
  ) {}

  /** Says again what needs it. Resolves when it may talk, or never will. */
  async comeBack(url: string, token: string): Promise<void> {
    const socket = new WebSocket(url);
    const heard: string[] = [];
    this.#socket = socket;
    this.heard.push(heard);
    await new Promise<void>((resolve) => {
      socket.addEventListener("message", ({ data }) => {
        const frame: Frame = JSON.parse(String(data));
        if (frame["type"] === "auth_response") resolve();
        else this.#hear(frame, heard);
      });
      socket.addEventListener("close", () => resolve());
      socket.addEventListener("open", () =>
        socket.send(JSON.stringify({ type: "auth", token, userId: this.userId, sessionId: "s" })),
      );
    });
    const doubted = this.#said.filter(({ id }) => this.confirmed.has(id)).slice(-DOUBTS);
    const again = [...doubted, ...this.#unconfirmed.values()];
    for (const frame of doubted) this.#unconfirmed.set(frame["id"], frame);
    for (const frame of again) this.#send(frame);
  }

  /** Talks on from where it was. Whom it mentions should have been here by now. */
  talk(): void {
    this.#talk();
  }

  /** Says nothing new. Resolves when all that it said is confirmed. */
  async rest(): Promise<void> {
    this.#talking = false;
    if (this.#unconfirmed.size > 0) await this.#rested.promise;
  }

  close(): void {
    this.#socket?.close();
  }

  #talk(): void {
    while (this.#talking && this.#unconfirmed.size < IN_FLIGHT) this.#say(this.#next++);
    if (this.#unconfirmed.size === 0) this.#rested.resolve();
  }

  #say(n: number): void {
    const { groupId, userId: fromUserId } = this;
    const messageId = `${fromUserId}-${n}`;
    const text = { messageId, fromUserId, content: messageId, timestamp: AT };
    const other = this.others[n % this.others.length]!;
    if (n % 10 === 1) this.#want("group.message", n, { ...text, groupId, mentions: [other] });
    else if (n % 10 === 5 && (n - 5) / 10 < this.others.length) {
      const request = { requestId: messageId, fromUserId, fromUserName: fromUserId };
      this.#want("friend.request", n, { ...request, toUserId: this.others[(n - 5) / 10]!, sentAt: AT });
    } else this.#want("direct.message", n, { ...text, toUserId: other, isRead: false });
  }

  /** Once, though it is asked again whenever it comes back. */
  #accept(friendId: string): void {
    if (this.#said.some(({ data }) => data.friendId === friendId)) return;
    const { userId } = this;
    const data = { friendshipId: `${friendId}+${userId}`, userId, friendId, friendName: friendId };
    this.#want("friend.accepted", `accept-${friendId}`, { ...data, acceptedAt: AT });
  }

  #want(type: string, n: number | string, data: Frame): void {
    const frame = { id: `${this.userId}-frame-${n}`, type, timestamp: AT, data };
    this.#said.push(frame);
    this.#unconfirmed.set(frame.id, frame);
    this.#send(frame);
  }

  #hear({ id, type, data, success }: Frame, heard: string[]): void {
    const said = this.#unconfirmed.get(id);
    if (success === undefined) {
      if (type === "direct.message") heard.push(data.messageId);
      if (type === "friend.request" && data.toUserId === this.userId) this.#accept(data.fromUserId);
      return;
    }
    if (!said) return;
    if (!success || !Bun.deepEquals(data, said["data"])) this.contradicted.push(id);
    this.confirmed.set(id, said);
    this.#unconfirmed.delete(id);
    this.onConfirmed();
    this.#talk();
  }

  #send(frame: Frame): void {
    this.#socket?.send(JSON.stringify(frame));
  }
}
