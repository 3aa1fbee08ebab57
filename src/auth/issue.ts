import { SignJWT } from "jose";
import { ConfigError } from "../config.ts";
import type { Clock } from "../core/ports/clock.ts";
import { claimsSchema, LAST_SECOND, MAX_TOKEN_LENGTH } from "./claims.ts";

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

export interface TokenOrder {
  /** Signs with HS256. */
  readonly secret: string;
  readonly userId: string;
  readonly name?: string;
  readonly rooms: readonly string[];
  readonly roles: readonly string[];
  /** Lifetime of the token: `90s`, `30m`, `1h`, `7d`. */
  readonly ttl: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly clock: Clock;
}

/** A JWT that a verifier with the same secret, issuer and audience accepts. Throws `ConfigError`. */
export async function issueToken(order: TokenOrder): Promise<string> {
  const iat = Math.floor(order.clock.now() / 1_000);
  const exp = iat + secondsOf(order.ttl);
  if (exp > LAST_SECOND) throw new ConfigError("ttl: must end before the year 5138");
  const payload = {
    sub: order.userId,
    ...(order.name !== undefined && { name: order.name }),
    rooms: order.rooms,
    roles: order.roles,
    iat,
    exp,
    ...(order.issuer !== undefined && { iss: order.issuer }),
    ...(order.audience !== undefined && { aud: order.audience }),
  };
  const checked = claimsSchema.safeParse(payload);
  if (!checked.success) {
    throw new ConfigError(
      checked.error.issues.map((issue) => `${issue.path.join(".")}: must be ${issue.message}`).join("\n"),
    );
  }
  const token = await new SignJWT(payload)
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(new TextEncoder().encode(order.secret));
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new ConfigError(
      `token: must be ${MAX_TOKEN_LENGTH} characters or less: grant fewer rooms or roles`,
    );
  }
  return token;
}

function secondsOf(ttl: string): number {
  const [, count, unit = ""] = /^(\d{1,7})([smhd])$/.exec(ttl) ?? [];
  const seconds = Number(count) * (SECONDS[unit] ?? 0);
  if (!(seconds > 0)) {
    throw new ConfigError(
      "ttl: must be a number from 1 to 9999999 and a unit (s, m, h or d), such as 90s, 30m, 1h or 7d",
    );
  }
  return seconds;
}
