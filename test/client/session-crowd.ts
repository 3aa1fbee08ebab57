import { CollaborationWebSocketClient, type SharedText } from "../../packages/client/src/index.ts";
import type { Frame } from "../support/client.ts";
import { FakeClock } from "../support/fake-clock.ts";
import type { Link, SessionStage } from "../support/session-stage.ts";
import { FakeSocket, noRate } from "./support.ts";

/** Lets what is waiting in promises run. */
const settleDown = async () => {
  for (let n = 0; n < 20; n++) await null;
};

/** A client whose frames go over a stage's link, one by one, when the test says so. */
export class StageAuthor {
  readonly client: CollaborationWebSocketClient;
  text!: SharedText;
  /** What an editor shows: kept up with by changes alone. */
  shown = "";
  #socket: FakeSocket | undefined;
  #link: Link | undefined;
  readonly #clock = new FakeClock();

  constructor(
    readonly userId: string,
    private readonly stage: SessionStage,
  ) {
    this.client = new CollaborationWebSocketClient({
      url: "ws://stage",
      token: userId,
      rate: noRate,
      clock: this.#clock,
      random: () => 0,
      heartbeat: { interval: 0 },
      connectTimeout: 1e9,
      answerTimeout: 1e9,
      createSocket: (address) => {
        this.#socket = new FakeSocket(address);
        return this.#socket;
      },
    });
  }

  async join(sessionId: string): Promise<void> {
    void this.client.connect();
    const joining = this.client.join(sessionId);
    await this.connect();
    this.up();
    this.stage.endTurn();
    while (this.down());
    this.text = await joining;
    this.shown = this.text.text;
    this.text.onChange((changes) => {
      for (const { position, length, content } of changes) {
        this.shown = this.shown.slice(0, position) + content + this.shown.slice(position + length);
      }
    });
  }

  get isConnected(): boolean {
    return this.#link !== undefined;
  }

  edit(position: number, length: number, content: string): void {
    this.text.edit(position, length, content);
    this.shown = this.shown.slice(0, position) + content + this.shown.slice(position + length);
  }

  /** Makes the connection that the client wants. */
  async connect(): Promise<void> {
    if (this.#link) return;
    this.#clock.advance(1);
    await settleDown();
    const socket = this.#socket;
    if (!socket) throw new Error("it does not want to connect");
    this.#link = await this.stage.connect(this.userId);
    socket.open();
    socket.sent.length = 0;
    socket.say({ type: "connected", timestamp: "", data: { userId: this.userId } });
    await settleDown();
  }

  /** The server gets the next frame of this client. */
  up(): boolean {
    const frame = this.#socket?.sent.shift();
    if (!frame || !this.#link) return false;
    this.#link.toServer.push(JSON.stringify(frame));
    this.stage.deliver(this.#link);
    return true;
  }

  /** The client gets the next frame of the server. */
  down(): boolean {
    const frame = this.#link?.toClient.shift();
    if (frame === undefined) return false;
    const message: Frame = JSON.parse(frame);
    if (message["type"] === "error") throw new Error(`${this.userId} is refused: ${message["error"]}`);
    this.#socket?.say(message);
    return true;
  }

  async cut(): Promise<void> {
    if (!this.#link) return;
    this.stage.cut(this.#link);
    this.#link = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.end();
    await settleDown();
  }
}
