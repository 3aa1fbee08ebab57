import { expect } from "bun:test";
import type { TestClient } from "../support/client.ts";
import type { FakeClock } from "../support/fake-clock.ts";
import type { TestServer } from "../support/server.ts";

const LINE = /^(?<who>\w+) (?<verb>opens|→|←) (?<what>.*?)(?: {2,}\(.*\))?$/;
/** Fields that hold a time as a number: any will do. */
const TIMES = ["timestamp", "ts"];

/** JSON in which `…` stands for anything: more fields, elements, or a part of a text. */
function parse(text: string): unknown {
  const json = text
    .replaceAll(",…}", ',"…":0}')
    .replaceAll("{…}", '{"…":0}')
    .replaceAll(",…]", ',"…"]')
    .replaceAll("[…]", '["…"]');
  try {
    return JSON.parse(json);
  } catch {
    throw new Error(`not JSON: ${text}`);
  }
}

/**
 * Plays a conversation as a page shows it, with a server. `ada opens /ws?token=<jwt>` connects a user of that name,
 * `ada → {…}` is a frame that she sends, `ada ← {…}` the very next one that she gets, and `backend → {…}` an event that is
 * posted; `(16 s later)` lets time pass. What `…` once stood for in a text it stands for again when that text is sent.
 */
export class Transcript {
  readonly #clients = new Map<string, TestClient>();
  readonly #known = new Map<string, string>();

  constructor(
    private readonly server: TestServer,
    private readonly clock: FakeClock,
    private readonly protocol: string,
    private readonly rooms: readonly string[],
  ) {}

  async play(text: string): Promise<void> {
    for (const line of text.split("\n")) {
      const seconds = /^\((\d+) s later\)$/.exec(line)?.[1];
      if (seconds !== undefined) this.clock.advance(Number(seconds) * 1_000);
      if (seconds !== undefined || line === "") continue;
      const { who, verb, what } = LINE.exec(line)?.groups ?? {};
      if (who === undefined || what === undefined) throw new Error(`not a line of a transcript: ${line}`);
      if (verb === "opens") await this.#open(who, what);
      else if (who === "backend") await this.#post(parse(what));
      else if (verb === "→") this.#client(who).send(this.#filled(parse(await this.#withToken(who, what))));
      else this.#expect(line, parse(what), await this.#client(who).next());
    }
  }

  async #open(who: string, what: string): Promise<void> {
    const [path = "", subprotocol] = (await this.#withToken(who, what)).split(" as ");
    const options = subprotocol === undefined ? {} : { protocols: [subprotocol] };
    this.#clients.set(who, await this.server.connect(path, options));
  }

  async #withToken(who: string, text: string): Promise<string> {
    if (!text.includes("<jwt>")) return text;
    const name = who[0]!.toUpperCase() + who.slice(1);
    return text.replace("<jwt>", await this.server.token(who, { name, rooms: this.rooms }));
  }

  async #post(event: unknown): Promise<void> {
    const answer = await this.server.http("POST", `/v1/${this.protocol}/events`, event);
    expect([answer.status, await answer.json()]).toEqual([200, expect.anything()]);
  }

  #client(who: string): TestClient {
    const client = this.#clients.get(who);
    if (!client) throw new Error(`${who} has not opened a connection`);
    return client;
  }

  /** What it stood for is put in again. */
  #filled(value: unknown): unknown {
    if (typeof value === "string") return this.#known.get(value) ?? value;
    if (Array.isArray(value)) return value.map((one) => this.#filled(one));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.#filled(one)]));
  }

  #expect(line: string, wanted: unknown, frame: unknown): void {
    try {
      expect(frame).toEqual(this.#matcher(wanted, frame));
    } catch (error) {
      throw new Error(`${line}\nthe server said\n${JSON.stringify(frame)}`, { cause: error });
    }
  }

  /** What `actual` must equal, with all that may be anything taken from it. */
  #matcher(wanted: unknown, actual: unknown): unknown {
    if (typeof wanted === "string") return this.#text(wanted, actual);
    if (Array.isArray(wanted) && Array.isArray(actual)) {
      const open = wanted.at(-1) === "…";
      const shown = open ? wanted.slice(0, -1) : wanted;
      const all = shown.map((one, at) => this.#matcher(one, actual[at]));
      return open ? [...all, ...actual.slice(shown.length)] : all;
    }
    if (!isObject(wanted) || !isObject(actual)) return wanted;
    const { "…": more, ...shown } = wanted;
    const matched = Object.entries(shown).map(([key, one]) => [
      key,
      TIMES.includes(key) && typeof one === "number" ? expect.any(Number) : this.#matcher(one, actual[key]),
    ]);
    return { ...(more !== undefined && actual), ...Object.fromEntries(matched) };
  }

  #text(wanted: string, actual: unknown): unknown {
    if (!wanted.includes("…") || typeof actual !== "string") return wanted;
    const [first = "", ...rest] = wanted.split("…").map((part) => RegExp.escape(part));
    if (!new RegExp(`^${[first, ...rest].join(".*")}$`, "s").test(actual)) return wanted;
    this.#known.set(wanted, actual);
    return actual;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
