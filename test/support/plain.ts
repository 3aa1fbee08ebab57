import { z } from "zod";
import type { Entry } from "../../src/core/protocol/entry.ts";
import type { Rejection } from "../../src/core/protocol/frames.ts";
import { type AnyProtocol, defineProtocol } from "../../src/core/protocol/protocol.ts";
import type { Decision, Place } from "../../src/core/protocol/reducer.ts";
import { Refusal } from "../../src/core/protocol/refusal.ts";

/** What goes through the log of the plain protocol. */
type Entries = {
  /** Stored and published. */
  say: string;
  /** Published only. */
  nudge: string;
  /** Two events, of which the first is stored only. */
  twice: string;
  /** Stored and published to others, and confirmed in other words. */
  ask: string;
  /** Confirmed, and nothing else. */
  void: string;
  /** Stored under this name, which a backend gave it. */
  named: string;
  /** Refused. */
  forbidden: null;
  /** Its reducer is broken. */
  broken: null;
};

const no = ({ reason, retryAfter }: Refusal, ref?: string): Rejection => ({
  frame: ["refused", reason, ref, retryAfter].filter((word) => word !== undefined).join(" "),
});

/** The same words for every reason. */
const refuse: AnyProtocol["refuse"] = new Proxy(Object.create(null), { get: () => no });

/** The smallest protocol, for tests of the core: a frame is `kind body`, its rooms are `plain:...`. */
export const plain: AnyProtocol = defineProtocol({
  name: "plain",
  paths: ["/plain"],
  roomKinds: ["plain"],
  guests: true,
  timeouts: { authMs: 1_000, heartbeatMs: 1_000 },
  limitBy: "connection",
  messages: {},
  events: { said: z.string(), nudged: z.string(), asked: z.string() },
  frames: {
    message: (_, body) => body,
    example: (_, body) => body,
    event: (_, data) => data,
    others: {},
  },
  rules: {},
  open: () => undefined,
  decode: () => {
    throw new Refusal("unknown_kind");
  },
  envelope: (kind, body) => `${kind} ${body}`,
  confirm: ({ kind, body }) => (kind === "question" ? `asked ${body}` : undefined),
  refuse,
  handlers: {},
  applies: {
    say: ({ body }: Entry<string>, { offset }: Place): Decision => ({
      events: [{ kind: "said", counted: true, data: `${body} (${offset})` }],
    }),
    nudge: ({ body }: Entry<string>): Decision => ({ publish: { kind: "nudged", data: body } }),
    twice: ({ body }: Entry<string>): Decision => ({
      events: [
        { kind: "said", counted: true, data: `${body}, silently`, silent: true },
        { kind: "said", counted: true, data: body },
      ],
    }),
    ask: ({ body }: Entry<string>): Decision => ({
      events: [
        { kind: "said", counted: true, data: body },
        { kind: "question", data: body, silent: true },
      ],
      publish: { kind: "nudged", data: body },
    }),
    void: ({ body }: Entry<string>): Decision => ({ confirm: { kind: "question", data: body } }),
    named: ({ body }: Entry<string>): Decision => ({
      events: [{ kind: "said", data: body, externalId: body }],
    }),
    forbidden(): Decision {
      throw new Refusal("forbidden");
    },
    broken(): Decision {
      throw new Error("the reducer is broken");
    },
  } satisfies Record<keyof Entries, unknown>,
  posts: {},
});
