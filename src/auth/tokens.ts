import { isUtf8 } from "node:buffer";
import { errors, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from "jose";
import { ZodError } from "zod";
import type { Clock } from "../core/ports/clock.ts";
import type { Identity, TokenVerifier } from "../core/ports/identity.ts";
import { Refusal } from "../core/protocol/refusal.ts";
import { claimsSchema, MAX_TOKEN_LENGTH } from "./claims.ts";
import { createKeySet } from "./key-set.ts";

/** How far the clocks of those who make tokens may be from this one. */
export const CLOCK_TOLERANCE_SECONDS = 2;
/**
 * Shorter than the time a connection has to authenticate, so that the client gets `unavailable` before
 * that ends.
 */
const FETCH_TIMEOUT_MS = 3_000;

export interface TokenVerifierOptions {
  /** Checks HS256. */
  readonly secret?: string;
  /** Address of the keys that check RS256, ES256 and EdDSA. */
  readonly jwksUrl?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly clock: Clock;
  /** Milliseconds that one fetch of the key set may take. */
  readonly timeoutMs?: number;
  /** Called when the key set cannot be fetched. */
  readonly log?: (line: string) => void;
}

export interface PrefetchingTokenVerifier extends TokenVerifier {
  /** Fetches the key set before the first token arrives. Never rejects, and ends within the time limit. */
  prefetch(): Promise<void>;
}

/** Refusals carry a `cause` for logs, which is a code or a claim's name: never the token or its contents. */
export function createTokenVerifier(options: TokenVerifierOptions): PrefetchingTokenVerifier {
  const { secret, jwksUrl, issuer, audience, clock, timeoutMs = FETCH_TIMEOUT_MS, log = () => {} } = options;
  const keySet = jwksUrl === undefined ? undefined : createKeySet({ url: jwksUrl, clock, timeoutMs, log });

  // One source of keys per algorithm: a public key never serves as an HS256 secret, nor a secret as a public
  // key.
  const sources = new Map<string, JWTVerifyGetKey>();
  if (secret !== undefined) {
    // Imported once: jose would import bytes for every token.
    const bytes = new TextEncoder().encode(secret);
    const key = crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    sources.set("HS256", () => key);
  }
  if (keySet) for (const alg of ["RS256", "ES256", "EdDSA"]) sources.set(alg, keySet.keyFor);

  const keyFor: JWTVerifyGetKey = (header, token) => {
    const source = sources.get(header.alg);
    if (!source) throw new errors.JOSEAlgNotAllowed();
    return source(header, token);
  };

  return {
    async verify(token) {
      try {
        if (token.length > MAX_TOKEN_LENGTH) throw new errors.JWTInvalid();
        const identity = identityOf(
          await verifiedPayload(token, keyFor, {
            algorithms: [...sources.keys()],
            requiredClaims: ["exp", "sub"],
            clockTolerance: CLOCK_TOLERANCE_SECONDS,
            currentDate: new Date(clock.now()),
            ...(issuer !== undefined && { issuer }),
            ...(audience !== undefined && { audience }),
          }),
        );
        if (!isText(token.split(".")[1] ?? "")) throw new errors.JWTInvalid();
        // Else it would outlive a revocation, which refuses what was issued before it.
        if (identity.issuedAt > clock.now() + CLOCK_TOLERANCE_SECONDS * 1_000)
          throw new errors.JWTClaimValidationFailed("iat lies ahead", {}, "iat", "check_failed");
        return identity;
      } catch (error) {
        if (error instanceof Refusal) throw error;
        throw Object.assign(new Refusal("unauthenticated", "Authentication failed"), { cause: why(error) });
      }
    },
    async prefetch() {
      await keySet?.refresh().catch(() => {});
    },
  };
}

async function verifiedPayload(token: string, keyFor: JWTVerifyGetKey, options: JWTVerifyOptions) {
  try {
    return (await jwtVerify(token, keyFor, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // The token names no key and the set has several for its algorithm, as during a rotation.
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** jose decodes with replacement: another name would be shown than was signed. */
const isText = (segment: string): boolean => isUtf8(Buffer.from(segment, "base64url"));

const NO_CLAIMS = {};
const NONE: readonly string[] = [];

function identityOf(payload: Readonly<Record<string, unknown>>): Identity {
  const { sub, exp, iat = 0, name, avatar, sid, roles, rooms } = claimsSchema.parse(payload);
  // A connection keeps these claims as long as it lives, so each is kept only once.
  const own = Object.entries(payload).filter(([claim]) => !Object.hasOwn(claimsSchema.shape, claim));
  return {
    userId: sub,
    ...(name !== undefined && { name }),
    ...(avatar !== undefined && { avatar }),
    ...(sid !== undefined && { sessionId: sid }),
    roles: roles.length === 0 ? NONE : roles,
    grants: rooms.length === 0 ? NONE : rooms,
    expiresAt: exp * 1_000,
    issuedAt: iat * 1_000,
    claims: own.length === 0 ? NO_CLAIMS : Object.fromEntries(own),
  };
}

function why(error: unknown): string {
  if (error instanceof ZodError) return `claim ${error.issues[0]?.path.join(".")}`;
  if (error instanceof errors.JWTClaimValidationFailed) return `${error.code} ${error.claim}`;
  if (error instanceof errors.JOSEError) return error.code;
  return error instanceof Error ? error.name : "unknown";
}
