import { makeKey } from "./jwks-server.ts";

/** The keys of an identity provider, one of each kind that is taken, and one that is not its own. */
export const [rsa, ec, ed, stranger] = await Promise.all([
  makeKey("RS256", "rsa-1"),
  makeKey("ES256", "ec-1"),
  makeKey("EdDSA", "ed-1"),
  makeKey("RS256", "rsa-stranger"),
]);
