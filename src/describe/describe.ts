import type { AnyProtocol } from "../core/protocol.ts";
import { asyncapi, type Place } from "./asyncapi.ts";

/** The server's description of itself, each document made when it is first asked for. */
export function createDescription(protocols: readonly AnyProtocol[], place: () => Place) {
  return {
    asyncapi: once(() => JSON.stringify(asyncapi(protocols, place()))),
  };
}

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
