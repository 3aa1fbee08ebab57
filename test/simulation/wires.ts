import { z } from "zod";
import type { Faults } from "../../src/verify/faults.ts";

const id = z.string();
const frame = z.looseObject({
  type: z.string().optional(),
  event: z.string().optional(),
  success: z.boolean().optional(),
  data: z.looseObject({}).optional(),
  payload: z.looseObject({}).optional(),
  room: z.string().optional(),
  offset: z.number().optional(),
});
type Frame = z.output<typeof frame>;

const messages = z.object({ messages: z.array(z.looseObject({})) });
const joined = z.object({ sessionId: id, version: z.number(), content: z.string() });
/** What tells an event from all others, by the type of its frame and, in part, its contract. */
const identities: Readonly<Record<string, z.ZodType<string>>> = {
  message: z.union([
    z.object({ message: z.object({ id }) }).transform(({ message }) => message.id),
    z.object({ id }).transform(({ id }) => id),
  ]),
  edit: z
    .object({ sessionId: id, version: z.number() })
    .transform(({ sessionId, version }) => `${sessionId}@${version}`),
  "gift:received": z.object({ giftId: id }).transform(({ giftId }) => giftId),
  "room.created": z.object({ guildId: id, name: id }).transform(({ guildId, name }) => `${guildId} ${name}`),
  "group.message": z.object({ messageId: id }).transform(({ messageId }) => messageId),
  "direct.message": z.object({ messageId: id }).transform(({ messageId }) => messageId),
  question: z.object({ pollId: id, text: id }).transform(({ pollId, text }) => `${pollId} ${text}`),
};

/** The two or three fields at the end that only those get who ask for offsets. */
const withoutOffset = (text: string): string => `${text.slice(0, text.lastIndexOf(',"room":'))}}`;

/**
 * What every connection on every node gets: a stored event is the same there to the byte, live and afterwards, but for
 * the offset, which not everybody wants, and which is the same for all who do.
 */
export class Wires {
  /** By what it is, as it was heard first, and on which node. */
  readonly #heard = new Map<string, { readonly text: string; readonly node: string }>();
  /** How often something was heard on another node than first, by its type. */
  readonly compared = new Map<string, number>();

  constructor(private readonly faults: Faults) {}

  /** `parsed` is the frame `text`. */
  hear(node: string, text: string, parsed: unknown): void {
    const { data: heard } = frame.safeParse(parsed);
    if (heard === undefined) return;
    const list =
      heard.type === "batch" || heard.type === "history" ? messages.safeParse(heard.data).data : undefined;
    for (const one of list?.messages ?? []) {
      if (heard.type === "batch") this.hear(node, JSON.stringify(one), one);
      else this.#compare(node, "listed message", String(one["id"]), JSON.stringify(one));
    }
    this.#hear(node, text, heard);
  }

  #hear(node: string, text: string, { type, event, success, data, payload, room, offset, id }: Frame): void {
    const kind = event ?? type ?? "";
    const isNumbered = room !== undefined && offset !== undefined;
    // An answer is for its sender alone.
    const isAnswer = success !== undefined;
    if (isNumbered) this.#compare(node, "offset", `${room}@${offset} ${kind} ${isAnswer}`, text);
    const { data: document } = joined.safeParse(type === "session_joined" ? data : undefined);
    if (document)
      this.#compare(node, "document", `${document.sessionId}@${document.version}`, document.content);
    const plain = isNumbered ? withoutOffset(text) : text;
    const body = data ?? payload;
    // The id of a vote is its client's, and on the wire to everybody.
    const name = kind === "tally" ? String(id) : identities[kind]?.safeParse(body).data;
    if (name === undefined || isAnswer) return;
    // It is an event of its own for each of the two users: its id names in whose inbox.
    const inbox = kind === "direct.message" ? ` ${String(id).replace(/\/\d+$/, "")}` : "";
    this.#compare(node, kind, name + inbox, plain);
    if (kind === "message" && data?.["message"] === undefined)
      this.#compare(node, "listed message", name, JSON.stringify(data));
  }

  #compare(node: string, kind: string, name: string, text: string): void {
    const key = `${kind} ${name}`;
    const first = this.#heard.get(key);
    if (first === undefined) this.#heard.set(key, { text, node });
    else {
      if (first.node !== node) this.compared.set(kind, (this.compared.get(kind) ?? 0) + 1);
      if (first.text !== text)
        this.faults.add("diverged", `on the wire: ${first.text} on ${first.node}, and ${text} on ${node}`);
    }
  }
}
