import type { AnyProtocol } from "../core/protocol.ts";
import type { Operation } from "../http/operation.ts";
import { asyncapi, type Place } from "./asyncapi.ts";
import { openapi } from "./openapi.ts";

/** The server's description of itself, each document made when it is first asked for. */
export function createDescription(
  protocols: readonly AnyProtocol[],
  operations: readonly Operation[],
  place: () => Place,
) {
  return {
    asyncapi: once(() => JSON.stringify(asyncapi(protocols, place()))),
    openapi: once(() => JSON.stringify(openapi(operations, protocols, place()))),
  };
}

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
