import { parseApiKeys } from "../auth/api-keys.ts";
import { issueToken } from "../auth/issue.ts";
import { loadSecrets } from "../auth/secrets.ts";
import { createTokenVerifier } from "../auth/tokens.ts";
import type { Config } from "../config.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { MakeToken } from "../http/dev-token.ts";
import { protocols } from "../protocols/all.ts";

const DEV_TOKEN_TTL = "12h";

export type Auth = Awaited<ReturnType<typeof openAuth>>;

/** API keys, the verifier of tokens, and what makes tokens for the console. Fetches the key set where there is one. */
export async function openAuth(config: Config, clock: Clock, warn: (line: string) => void) {
  const { apiKeys, jwtSecret } = loadSecrets(config, warn);
  const claims = {
    ...(config.JWT_ISSUER !== undefined && { issuer: config.JWT_ISSUER }),
    ...(config.JWT_AUDIENCE !== undefined && { audience: config.JWT_AUDIENCE }),
  };
  const verifier = createTokenVerifier({
    ...{ clock, log: warn },
    ...(jwtSecret !== undefined && { secret: jwtSecret }),
    ...(config.JWT_JWKS_URL !== undefined && { jwksUrl: config.JWT_JWKS_URL }),
    ...claims,
  });
  await verifier.prefetch();
  const makeToken: MakeToken | undefined =
    jwtSecret === undefined || config.production
      ? undefined
      : (order) => issueToken({ ...order, ...{ secret: jwtSecret, ttl: DEV_TOKEN_TTL, clock }, ...claims });
  return { keys: parseApiKeys(apiKeys, Object.keys(protocols)), verifier, makeToken };
}
