import type { Frame, TestClient } from "./client.ts";
import type { TestServer, TokenOptions } from "./server.ts";

export const AT = "2026-03-02T08:30:00.000Z";
let ids = 0;

export const message = (type: string, data: Frame, more: Frame = {}): Frame => ({
  id: `frame-${++ids}`,
  type,
  timestamp: AT,
  data,
  ...more,
});

/** A client of the diet app, and what it says there. */
export class DietClient {
  constructor(
    readonly userId: string,
    readonly client: TestClient,
  ) {}

  /** Resolves to the response. */
  async ask(type: string, data: Frame, more?: Frame): Promise<Frame> {
    return this.askFrame(message(type, data, more));
  }

  async askFrame(frame: Frame): Promise<Frame> {
    this.client.send(frame);
    return this.answerTo(frame["id"]);
  }

  /** Resolves to the response to a message whose id was answered before. */
  askAgain(frame: Frame): Promise<Frame> {
    this.client.send(frame);
    return this.client.next(({ id, success }) => id === frame["id"] && success !== undefined);
  }

  /** The response to the message with this id, wherever it stands among the frames. */
  async answerTo(id: string): Promise<Frame> {
    const isAnswer = (frame: Frame) => frame["id"] === id && "success" in frame;
    return this.client.frames.find(isAnswer) ?? (await this.client.next(isAnswer));
  }

  /** The next event of this type. */
  event(type: string): Promise<Frame> {
    return this.client.next((frame) => frame["type"] === type && !("success" in frame));
  }

  /** All events so far: what has not come when this message is answered was not sent before it. */
  async events(): Promise<Frame[]> {
    await this.ask("message.read", { messageId: "none", userId: this.userId, readAt: AT });
    return this.client.frames.filter((frame) => !("success" in frame));
  }

  async types(): Promise<string[]> {
    return (await this.events()).map(({ type }) => type);
  }

  befriend(other: DietClient): Promise<void> {
    return befriend(this, other);
  }

  direct(toUserId: string, content: string, messageId = `message-${++ids}`): Promise<Frame> {
    const own = { fromUserId: this.userId, toUserId, timestamp: AT, isRead: false };
    return this.ask("direct.message", { messageId, content, ...own });
  }
}

async function befriend(one: DietClient, other: DietClient): Promise<void> {
  const requestId = `request-${++ids}`;
  const [fromUserId, toUserId] = [one.userId, other.userId];
  await one.ask("friend.request", { requestId, fromUserId, fromUserName: "One", toUserId, sentAt: AT });
  const friendshipId = `friendship-${++ids}`;
  const names = { userId: toUserId, friendId: fromUserId, friendName: "One" };
  await other.ask("friend.accepted", { friendshipId, ...names, acceptedAt: AT });
  await one.event("friend.accepted");
}

/** Connected and authenticated. */
export async function dietClient(
  server: TestServer,
  userId: string,
  options: TokenOptions = { rooms: [] },
): Promise<DietClient> {
  const client = await server.connect("/api/diet/ws");
  client.send({ type: "auth", token: await server.token(userId, options), userId, sessionId: "s" });
  const answer = await client.next("auth_response");
  if (!answer["success"]) throw new Error(JSON.stringify(answer));
  return new DietClient(userId, client);
}
