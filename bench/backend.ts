import { placesOf, SEQUENCE_DIGITS, writeDigits } from "./frames.ts";
import { closeSocket, connectTo, inbox, receive, sendAll } from "./libc.ts";
import { fail } from "./member.ts";
import { type PostContract, posted } from "./posted.ts";

const ZEROS = "0".repeat(SEQUENCE_DIGITS);

/** A backend: one HTTP connection, with one request at a time; only the ids in its body change. */
export class Backend {
  #fd = -1;
  /** Its request is not answered yet. */
  waiting = false;
  readonly #request: Buffer;
  readonly #digitsAt: readonly number[];
  readonly #accepted: string;

  /** `events`: how many one request posts; one is no array. */
  constructor(
    private readonly port: number,
    contract: PostContract,
    readonly events: number,
    key: string,
  ) {
    const { event } = posted[contract];
    const array = Array.from({ length: events }, (_, index) => event(index, ZEROS));
    const body = Buffer.from(JSON.stringify(events === 1 ? array[0] : array));
    const head = [
      `POST /v1/${contract}/events HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      `Authorization: Bearer ${key}`,
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
      "\r\n",
    ].join("\r\n");
    this.#request = Buffer.concat([Buffer.from(head), body]);
    this.#digitsAt = placesOf(this.#request, ZEROS);
    if (this.#digitsAt.length !== events) throw new Error("an event has not just one id");
    this.#accepted = `{"accepted":${events},`;
  }

  /** Returns the file descriptor. A server closes what is idle for long: connect for each round. */
  connect(): number {
    this.#fd = connectTo(this.port);
    return this.#fd;
  }

  close(): void {
    closeSocket(this.#fd);
  }

  /** Posts the events from `sequence` on. */
  post(sequence: number): void {
    for (const [event, at] of this.#digitsAt.entries()) writeDigits(this.#request, at, sequence + event);
    if (!sendAll(this.#fd, this.#request)) fail("a backend's connection broke");
    this.waiting = true;
  }

  /** Takes the answer, when it is there. Fails when it is not what was hoped for. */
  read(): void {
    if (!this.waiting) return;
    let bytes = receive(this.#fd, 0, false);
    if (bytes < 0) return;
    // What has begun comes whole before long.
    for (let whole = wholeAnswer(bytes); bytes < whole; whole = wholeAnswer(bytes)) {
      const more = receive(this.#fd, bytes, true);
      if (more <= 0) break;
      bytes += more;
    }
    const answer = inbox.toString("latin1", 0, bytes);
    if (!answer.startsWith("HTTP/1.1 200 ") || !answer.includes(this.#accepted)) {
      fail(`a request was answered ${answer.slice(0, 500)}`);
    }
    this.waiting = false;
  }
}

/** How long the answer at the beginning of the inbox is, as far as its first bytes tell. */
function wholeAnswer(bytes: number): number {
  const text = inbox.toString("latin1", 0, bytes);
  const end = text.indexOf("\r\n\r\n");
  return end < 0 ? bytes + 1 : end + 4 + Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0);
}
