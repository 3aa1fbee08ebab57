import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readPrivateFile } from "../config/private-file.ts";
import { type Config, ConfigError } from "../config.ts";

export interface Secrets {
  /** Absent when tokens are checked with a JWKS only. */
  readonly jwtSecret?: string;
  readonly apiKeys: readonly string[];
}

/**
 * The secrets from the settings. A secret that the settings leave out is created once, in a file of the data
 * directory. `warn` is called for each created file. Throws `ConfigError` when a file cannot be used.
 */
export function loadSecrets(config: Config, warn: (line: string) => void): Secrets {
  const secretFile = (name: string, variable: string, minimum: number) =>
    readOrMake({ path: join(config.dataDirectory, name), variable, minimum, warn });

  const jwtSecret =
    config.JWT_SECRET ?? (config.JWT_JWKS_URL ? undefined : secretFile("jwt-secret", "JWT_SECRET", 32));
  return {
    ...(jwtSecret !== undefined && { jwtSecret }),
    apiKeys: config.API_KEYS ?? [secretFile("api-key", "API_KEYS", 16)],
  };
}

/** Looks at the files that `loadSecrets` would read, and makes none. Throws `ConfigError`. */
export function checkSecrets(config: Config): void {
  const { JWT_SECRET, JWT_JWKS_URL, API_KEYS } = config;
  const check = (name: string, variable: string, minimum: number) => {
    const path = join(config.dataDirectory, name);
    if (existsSync(path)) readOrMake({ path, variable, minimum, warn: () => {} });
  };
  if (!JWT_SECRET && !JWT_JWKS_URL) check("jwt-secret", "JWT_SECRET", 32);
  if (!API_KEYS) check("api-key", "API_KEYS", 16);
}

interface SecretFile {
  readonly path: string;
  /** The setting that replaces the file. */
  readonly variable: string;
  /** Characters. */
  readonly minimum: number;
  readonly warn: (line: string) => void;
}

function readOrMake({ path, variable, minimum, warn }: SecretFile): string {
  let secret: string;
  try {
    if (!existsSync(path) && make(path))
      warn(`${variable} is not set: created ${path} and will use it instead`);
    secret = readPrivateFile(path).trim();
  } catch (error) {
    const reason = codeOf(error) ?? (error instanceof Error ? error.message : error);
    throw new ConfigError(`${path}: cannot be read or created (${reason}): repair that or set ${variable}`);
  }
  if (secret.length < minimum) {
    throw new ConfigError(`${path}: must hold ${minimum} characters or more: delete it or set ${variable}`);
  }
  return secret;
}

/** False when another process was faster: its file is there, and complete. */
function make(path: string): boolean {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  try {
    writeFileSync(draft, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
    // Unlike a rename, a link never replaces another process's file, and it never shows a half-written one.
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
