import { ConfigError } from "../config.ts";

export const SCOPES = ["publish", "read", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

export interface ApiKey {
  /** The name that `GET /v1/keys` shows. */
  readonly name: string;
  readonly secret: string;
  /** Undefined: all of them. `admin` includes the others. */
  readonly scopes: readonly Scope[] | undefined;
  /** Names of contracts; undefined: all of them. */
  readonly protocols: readonly string[] | undefined;
}

const FORM =
  "name:secret:scopes or name:secret:scopes:contracts, such as xp:<16 characters or more>:read|publish:diet";

/**
 * A key is a secret alone, or has two or three colons: `name:secret:scopes[:contracts]`. So the secret of a key with
 * scopes holds no colon, and a secret alone does not hold two or three. Throws `ConfigError`, also for a contract that
 * is none of `contracts`, where these are given.
 */
export function parseApiKeys(texts: readonly string[], contracts?: readonly string[]): ApiKey[] {
  const keys = texts.map((text, index) => parse(text, index + 1, contracts));
  for (const [index, { name, secret }] of keys.entries()) {
    const before = keys.slice(0, index);
    if (before.some((key) => key.name === name))
      throw new ConfigError(`API_KEYS: two keys are named ${name}`);
    // Only the scopes of one of them would count.
    const same = before.find((key) => key.secret === secret);
    if (same)
      throw new ConfigError(
        `API_KEYS: ${same.name} and ${name} have the same secret; each must have its own`,
      );
  }
  return keys;
}

function parse(text: string, number: number, contracts: readonly string[] | undefined): ApiKey {
  const parts = text.split(":");
  if (parts.length < 3 || parts.length > 4) {
    return { name: `key-${number}`, secret: text, scopes: undefined, protocols: undefined };
  }
  const [name = "", secret = "", scopes = "", protocols] = parts;
  const wrong = (what: string) => new ConfigError(`API_KEYS: key ${number} ${what}; it must be ${FORM}`);
  if (!/^[\w-]{1,64}$/.test(name)) throw wrong("has no name of letters, digits, _ and -");
  if (secret.length < 16) throw wrong("has a secret of fewer than 16 characters");
  const unknown = scopes.split("|").find((scope) => !SCOPES.includes(scope as Scope));
  if (unknown !== undefined) throw wrong(`has a scope that is none of ${SCOPES.join(", ")}`);
  if (protocols === "") throw wrong("names no contract after the last colon");
  const named = protocols?.split("|");
  if (contracts && named?.some((one) => !contracts.includes(one)))
    throw wrong(`has a contract that is none of ${contracts.join(", ")}`);
  return { name, secret, scopes: scopes.split("|") as Scope[], protocols: named };
}

/** The secret of the first key of a list such as `API_KEYS`: what a client of the same machine sends. */
export function firstKey(list: string | undefined): string | undefined {
  const [first] = (list ?? "").split(",").map((text) => text.trim());
  return first ? parseApiKeys([first])[0]?.secret : undefined;
}
