import { type Answer, decode, encode, type Transport } from "./transport.ts";

export const ANSWER_MS = 1_000;

interface Question {
  readonly name: string;
  readonly about: unknown;
}
type Reply = { readonly answer: unknown } | { readonly error: string };

/** What a node answers, by the name of the question. */
export type Answers = Readonly<Record<string, (about: never) => unknown>>;

/** What the other nodes have answered. */
export interface Gathered<T> {
  readonly answers: readonly { readonly node: string; readonly answer: T }[];
  /** Nodes that have not answered in time. */
  readonly silent: readonly string[];
}

/** Questions of nodes to each other. */
export class Questions {
  #unsubscribe = () => {};

  constructor(
    private readonly transport: Transport,
    private answers: Answers,
    private readonly subjectOf: (id: string) => string,
  ) {}

  /** Adds to what this node answers. */
  answer(answers: Answers): void {
    this.answers = { ...this.answers, ...answers };
  }

  /** Answers what is asked of this node under this id, and under no other. */
  listen(id: string): void {
    this.#unsubscribe();
    this.#unsubscribe = this.transport.subscribe(
      this.subjectOf(id),
      (bytes, answer) => void this.#answer(decode(bytes), answer),
    );
  }

  stop(): void {
    this.#unsubscribe();
  }

  async #answer({ name, about }: Question, answer: Answer): Promise<void> {
    let reply: Reply;
    try {
      const own = Object.hasOwn(this.answers, name) ? this.answers[name] : undefined;
      if (!own) throw new Error(`no node of this version answers ${name}`);
      reply = { answer: (await own(about as never)) ?? null };
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    answer?.(encode(reply));
  }

  async ask<T>(id: string, name: string, about: unknown, timeoutMs = ANSWER_MS): Promise<T> {
    const question: Question = { name, about };
    const reply = decode<Reply>(
      await this.transport.request(this.subjectOf(id), encode(question), timeoutMs),
    );
    if ("error" in reply) throw new Error(reply.error);
    return reply.answer as T;
  }

  /** Asks all of these nodes at once. */
  async gather<T>(
    nodes: readonly { readonly id: string; readonly name: string }[],
    name: string,
    about: unknown,
    timeoutMs?: number,
  ): Promise<Gathered<T>> {
    const replies = await Promise.allSettled(nodes.map(({ id }) => this.ask<T>(id, name, about, timeoutMs)));
    const answers = replies.flatMap((reply, at) =>
      reply.status === "fulfilled" ? [{ node: nodes[at]!.name, answer: reply.value }] : [],
    );
    const silent = nodes.flatMap(({ name }, at) => (replies[at]!.status === "rejected" ? [name] : []));
    return { answers, silent };
  }
}
