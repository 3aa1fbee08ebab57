import type { AnyProtocol } from "../core/protocol/protocol.ts";
import type { Rule } from "../core/protocol/rule.ts";

export const securitySchemes = {
  queryToken: {
    type: "httpApiKey",
    name: "token",
    in: "query",
    description: "A JWT in the address of the upgrade.",
  },
  messageToken: {
    type: "apiKey",
    in: "password",
    description: "A JWT in the first message of the connection.",
  },
};

export interface Admission {
  readonly inQuery: boolean;
  readonly inMessage: boolean;
  /** Names of security schemes, each of which is enough; empty where guests may connect. */
  readonly schemes: readonly (keyof typeof securitySchemes)[];
  readonly words: string;
}

/** How a client authenticates: where the protocol itself looks for the token, and what it allows guests. */
export function admissionOf(protocol: AnyProtocol, path: string): Admission {
  const tokenIn = (query: string) => protocol.token?.(new URL(path + query, "ws://localhost"));
  const rules: Record<string, Rule<unknown>> = protocol.rules;
  const inQuery = tokenIn("?token=here") === "here";
  const inMessage = tokenIn("") !== null && Object.values(rules).some(({ allow }) => allow === "guest");
  const ways = [
    ...(inQuery ? ["in the query (?token=)"] : []),
    ...(inMessage ? ["in the first message"] : []),
  ];
  return {
    inQuery,
    inMessage,
    schemes: protocol.guests
      ? []
      : [...(inQuery ? ["queryToken" as const] : []), ...(inMessage ? ["messageToken" as const] : [])],
    words: `The client sends its token ${ways.join(" or ")}.${protocol.guests ? " Guests may come without one." : ""}${
      protocol.subprotocol === undefined ? "" : ` Clients offer the subprotocol ${protocol.subprotocol}.`
    }`,
  };
}
