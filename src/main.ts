#!/usr/bin/env bun
import packageJson from "../package.json" with { type: "json" };
import { adoptCommand } from "./commands/adopt.ts";
import { backupCommand } from "./commands/backup.ts";
import { checkconfigCommand } from "./commands/checkconfig.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { serveCommand } from "./commands/serve.ts";
import { tokenCommand } from "./commands/token.ts";
import { parseOptions, refuseMore, UsageError } from "./commands/usage.ts";
import { ConfigError, checkEnvFiles, readConfig } from "./config.ts";
import { DatabaseLocked } from "./storage/lock.ts";

const HELP = `Switchboard: a realtime server that speaks five WebSocket contracts.

Usage: switchboard [command] [options]

Commands:
  serve         run the server until it is stopped (the default)
  token         print a token (JWT) for a user
    --user U      the id of the user (required)
    --name N      the name that other users see
    --room R      a room that the token opens, such as chat:chat-1, chat:* or *; may be repeated.
                  Without it the token opens every room; in production the option is required
    --role R      a role of the user; may be repeated
    --ttl T       how long the token is valid, such as 90s, 30m, 1h or 7d (default 1h)
  migrate       apply the pending migrations to the database, then exit
  backup FILE   copy the database into a new file; a server may be using it
  adopt         found the log of several nodes (LOG_URL) on the database; no server may be using it
  checkconfig   check the settings as serve does, print them without secrets, then exit
  status        show whether a server is ready and how far it has applied its log
  tail          show the events of a running server as they happen
  verify        check that a server keeps its promises

Options:
  --help, -h     print this text; status, tail and verify have a --help of their own
  --version, -v  print the version

Settings are environment variables; docs/configuration.md lists them.`;

const OPTIONS = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
  user: { type: "string" },
  name: { type: "string" },
  room: { type: "string", multiple: true },
  role: { type: "string", multiple: true },
  ttl: { type: "string" },
} as const;

async function main(args: string[]): Promise<void> {
  if (args[0] === "verify") {
    // Loaded only on demand, because a server never needs it.
    const { verifyCommand } = await import("./commands/verify.ts");
    process.exit(await verifyCommand(args.slice(1), { ...process.env }));
  }
  if (args[0] === "tail") {
    const { tailCommand } = await import("./commands/tail.ts");
    process.exit(await tailCommand(args.slice(1), { ...process.env }));
  }
  if (args[0] === "status") {
    const { statusCommand } = await import("./commands/status.ts");
    process.exit(await statusCommand(args.slice(1), { ...process.env }));
  }
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) return console.log(HELP);
  if (values.version) return console.log(packageJson.version);
  const [command = "serve", ...rest] = positionals;
  if (!["serve", "token", "migrate", "backup", "adopt", "checkconfig"].includes(command)) {
    const all = "serve, token, migrate, backup, adopt, checkconfig, status, tail and verify";
    throw new UsageError(`there is no command '${command}': the commands are ${all}`);
  }
  const file = command === "backup" ? rest.shift() : undefined;
  if (command === "backup" && !file)
    throw new UsageError("backup needs the name of the new file: switchboard backup FILE");
  refuseMore(command, rest, command === "backup" ? "one file" : "no argument");
  const { help: _, version: __, ...tokenOptions } = values;
  if (command !== "token" && Object.keys(tokenOptions).length > 0) {
    throw new UsageError(
      `--${Object.keys(tokenOptions)[0]} is an option of token, and the command is ${command}`,
    );
  }
  checkEnvFiles();
  // The whole environment, because the bundler would fill in process.env.NODE_ENV at build time.
  const config = readConfig({ ...process.env });
  if (command === "token") await tokenCommand(config, tokenOptions);
  else if (command === "migrate") migrateCommand(config);
  else if (file) backupCommand(config, file);
  else if (command === "adopt") await adoptCommand(config);
  else if (command === "checkconfig") await checkconfigCommand(config);
  else await serveCommand(config, packageJson.version);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const known =
    error instanceof ConfigError || error instanceof UsageError || error instanceof DatabaseLocked;
  console.error(known ? `switchboard: ${error.message.replaceAll("\n", "\nswitchboard: ")}` : error);
  if (error instanceof UsageError) {
    const [name = ""] = process.argv.slice(2);
    const command = ["status", "tail", "verify"].includes(name) ? `switchboard ${name}` : "switchboard";
    console.error(`switchboard: ${command} --help shows the usage`);
  }
  process.exit(error instanceof UsageError ? 2 : 1);
}
