import { issueToken } from "../auth/issue.ts";
import { loadSecrets } from "../auth/secrets.ts";
import { type Config, ConfigError } from "../config.ts";
import { systemClock } from "../core/ports/clock.ts";
import { UsageError } from "./usage.ts";

export interface TokenOptions {
  user?: string | undefined;
  name?: string | undefined;
  room?: string[] | undefined;
  role?: string[] | undefined;
  ttl?: string | undefined;
}

/** The option that sets each part of a token. */
const OPTION: Readonly<Record<string, string>> = {
  sub: "--user",
  name: "--name",
  rooms: "--room",
  roles: "--role",
  ttl: "--ttl",
};

/** Prints a token that this server accepts, and nothing else, on standard output. Throws `ConfigError` or `UsageError`. */
export async function tokenCommand(config: Config, options: TokenOptions): Promise<void> {
  const { user, name, room, role = [], ttl = "1h" } = options;
  if (!user) throw new UsageError("--user: must name the user that the token is for");
  if (config.production && !room)
    throw new UsageError("--room: must name a room that the token opens: in production there is no default");
  // A token needs no API key, so this command creates none.
  const { jwtSecret } = loadSecrets({ ...config, API_KEYS: [] }, (line) =>
    console.error(`switchboard: ${line}`),
  );
  if (jwtSecret === undefined) {
    throw new ConfigError(
      "JWT_SECRET: must be set to make tokens; with JWT_JWKS_URL alone another issuer makes them",
    );
  }
  try {
    const token = await issueToken({
      secret: jwtSecret,
      userId: user,
      rooms: room ?? ["*"],
      roles: role,
      ttl,
      clock: systemClock,
      ...(name !== undefined && { name }),
      ...(config.JWT_ISSUER !== undefined && { issuer: config.JWT_ISSUER }),
      ...(config.JWT_AUDIENCE !== undefined && { audience: config.JWT_AUDIENCE }),
    });
    console.log(token);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new UsageError(
      error.message.replace(/^(?:sub|name|rooms|roles|ttl)\b/gm, (part) => OPTION[part] ?? part),
    );
  }
}
