import type { Frame } from "./client.ts";
import { Replica } from "./replica.ts";
import type { Link, SessionStage } from "./session-stage.ts";

export type What = "type" | "erase" | "flush" | "up" | "down" | "turn" | "cut" | "connect" | "restart";

/** What happens next, to which author; the numbers say where and how much. */
export interface Move {
  readonly what: What;
  readonly who: number;
  readonly where: number;
  readonly much: number;
}

interface Author {
  readonly replica: Replica;
  link: Link | undefined;
}

/** More than this and they will never agree. */
const MAX_ROUNDS = 1_000;

/** Authors who edit one session together, over connections that are slow, unequal and break. */
export class SessionPlay {
  readonly #authors: Author[];
  /** The document at each version. */
  readonly #texts: string[] = [""];
  /** All that was ever typed, and all that somebody meant to take away. */
  readonly #typed = new Set<string>();
  readonly #erased = new Set<string>();

  constructor(
    private readonly stage: SessionStage,
    private readonly sessionId: string,
    authors: number,
  ) {
    this.#authors = Array.from({ length: authors }, (_, n) => {
      const tell = (type: string, data: Frame, id?: string) =>
        author.link?.toServer.push(JSON.stringify({ type, id, data: { ...data, sessionId } }));
      const author: Author = { replica: new Replica(`author-${n}`, tell), link: undefined };
      return author;
    });
  }

  /** So many versions, a character each, and everybody has joined. */
  async prepare(versions: number): Promise<void> {
    const link = await this.stage.connect("scribe");
    const tell = (type: string, data: Frame) =>
      link.toServer.push(JSON.stringify({ type, data: { ...data, sessionId: this.sessionId } }));
    tell("join_session", { role: "participant" });
    for (let version = 0; version < versions; version++) {
      tell("edit", { operation: "insert", position: 0, content: this.#character(), version });
    }
    while (link.toServer.length > 0) this.stage.deliver(link);
    this.#endTurn();
    this.stage.cut(link);
    for (const author of this.#authors) {
      await this.#connect(author);
      this.stage.deliver(author.link!);
      this.#endTurn();
      while (author.link!.toClient.length > 0) this.#receive(author);
    }
  }

  async make({ what, who, where, much }: Move): Promise<void> {
    const author = this.#authors[who % this.#authors.length]!;
    const { replica, link } = author;
    if (what === "type") {
      const characters = Array.from({ length: 1 + (much % 4) }, () => this.#character());
      replica.type(where % (replica.length + 1), characters);
    } else if (what === "erase") {
      for (const one of replica.erase(where % (replica.length + 1), 1 + much)) this.#erased.add(one);
    } else if (what === "flush") replica.flush(where);
    else if (what === "up" && link) this.stage.deliver(link);
    else if (what === "down") this.#receive(author);
    else if (what === "turn") this.#endTurn();
    else if (what === "cut") this.#cut(author);
    else if (what === "connect" && !link) await this.#connect(author);
    else if (what === "restart") {
      for (const one of this.#authors) this.#cut(one);
      this.stage.restart();
    }
  }

  /** Lets everything arrive until everybody is content; returns what a late joiner then gets. Throws if they never are. */
  async settle(): Promise<Frame> {
    for (let round = 0; !this.#authors.every(({ replica, link }) => link && replica.isSettled); round++) {
      if (round > MAX_ROUNDS) throw new Error("they never agree");
      for (const author of this.#authors) {
        if (!author.link) await this.#connect(author);
        author.replica.flush(round);
        while (author.link!.toServer.length > 0) this.stage.deliver(author.link!);
      }
      this.#endTurn();
      for (const author of this.#authors) while (author.link!.toClient.length > 0) this.#receive(author);
    }
    for (const author of this.#authors) this.#cut(author);
    return this.look();
  }

  /** What a late joiner gets. */
  async look(): Promise<Frame> {
    const link = await this.stage.connect("late");
    const data = { sessionId: this.sessionId, role: "observer" };
    link.toServer.push(JSON.stringify({ type: "join_session", data }));
    this.stage.deliver(link);
    this.#endTurn();
    this.stage.cut(link);
    return JSON.parse(link.toClient[0]!).data;
  }

  get replicas(): Replica[] {
    return this.#authors.map(({ replica }) => replica);
  }

  /** The text that the stored edits make. */
  get storedText(): string {
    return this.#texts.at(-1)!;
  }

  /** All that was typed and that nobody meant to take away, in any order. */
  get meant(): string[] {
    return [...this.#typed].filter((one) => !this.#erased.has(one)).sort();
  }

  async #connect(author: Author): Promise<void> {
    author.link = await this.stage.connect(author.replica.userId);
    this.#endTurn();
    author.replica.join();
  }

  #cut(author: Author): void {
    if (author.link) this.stage.cut(author.link);
    author.link = undefined;
  }

  #receive({ replica, link }: Author): void {
    const frame = link?.toClient.shift();
    if (frame === undefined) return;
    replica.receive(JSON.parse(frame));
    if (replica.knownText !== this.#texts[replica.version]) {
      throw new Error(`${replica.userId} has another text than the server at ${replica.version}`);
    }
  }

  #endTurn(): void {
    this.stage.endTurn();
    for (const { position, length = 0, content = "", version } of this.stage.edits(this.sessionId)) {
      if (version < this.#texts.length) continue;
      if (length === 0 && content === "") throw new Error(`version ${version} is nothing`);
      const text = this.#texts.at(-1)!;
      this.#texts.push(text.slice(0, position) + content + text.slice(position + length));
    }
  }

  /** One that nobody has typed before; some are two units long. */
  #character(): string {
    const n = this.#typed.size;
    const character = String.fromCodePoint(n % 3 === 0 ? 0x20000 + n : 0x4e00 + n);
    this.#typed.add(character);
    return character;
  }
}
