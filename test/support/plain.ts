import { z } from "zod";
import type { Decision, Place } from "../../src/core/apply.ts";
import type { Entry } from "../../src/core/log.ts";
import { type AnyProtocol, defineProtocol, type No } from "../../src/core/protocol.ts";
import { Refusal } from "../../src/core/refusal.ts";

/** What goes through the log of the plain protocol. */
type Entries = {
  /** Stored and published. */
  say: string;
  /** Published only. */
  nudge: string;
  /** Refused. */
  forbidden: null;
  /** Its reducer is broken. */
  broken: null;
};

const no = ({ reason, retryAfter }: Refusal, ref?: string): No => ({
  frame: ["refused", reason, ref, retryAfter].filter((word) => word !== undefined).join(" "),
});

/** The smallest protocol, for tests of the core: a frame is `kind body`, its rooms are `plain:...`. */
export const plain: AnyProtocol = defineProtocol({
  name: "plain",
  paths: ["/plain"],
  roomKinds: ["plain"],
  guests: true,
  timeouts: { authMs: 1_000, heartbeatMs: 1_000 },
  limitBy: "connection",
  messages: {},
  events: { said: z.string(), nudged: z.string() },
  rules: {},
  open: () => undefined,
  decode: () => {
    throw new Refusal("unknown_kind");
  },
  envelope: (kind, body) => `${kind} ${body}`,
  refuse: {
    not_json: no,
    bad_envelope: no,
    unknown_kind: no,
    invalid: no,
    too_long: no,
    unauthenticated: no,
    auth_timeout: no,
    session_expired: no,
    too_many_connections: no,
    forbidden: no,
    not_found: no,
    rate_limited: no,
    busy: no,
    unavailable: no,
    backpressure: no,
    heartbeat_timeout: no,
    server_restart: no,
    internal: no,
  },
  handlers: {},
  applies: {
    say: ({ body }: Entry<string>, { offset }: Place): Decision => ({
      events: [{ kind: "said", counted: true, data: `${body} (${offset})` }],
    }),
    nudge: ({ body }: Entry<string>): Decision => ({ publish: { kind: "nudged", data: body } }),
    forbidden(): Decision {
      throw new Refusal("forbidden");
    },
    broken(): Decision {
      throw new Error("the reducer is broken");
    },
  } satisfies Record<keyof Entries, unknown>,
  posts: {},
});
