import type { AnyProtocol } from "../core/protocol/protocol.ts";
import type { Operation } from "../http/operation.ts";
import { asyncapi, type Place } from "./asyncapi.ts";
import { channelsOf } from "./channels.ts";
import { openapi } from "./openapi.ts";
import { page, policy } from "./page.ts";

/** The server's description of itself. Each part is made on the first request for it. */
export function createDescription(
  protocols: readonly AnyProtocol[],
  operations: readonly Operation[],
  place: () => Place,
) {
  const channels = once(() => protocols.flatMap(channelsOf));
  return {
    asyncapi: once(() => JSON.stringify(asyncapi(channels(), place()))),
    openapi: once(() => JSON.stringify(openapi(operations, protocols, place()))),
    page: once(() => page(channels(), operations, place())),
    policy,
  };
}

function once<Made>(make: () => Made): () => Made {
  let made: { readonly value: Made } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
