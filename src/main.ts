#!/usr/bin/env bun
import { parseArgs } from "node:util";
import packageJson from "../package.json" with { type: "json" };
import { backupCommand } from "./commands/backup.ts";
import { checkconfigCommand } from "./commands/checkconfig.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { serveCommand } from "./commands/serve.ts";
import { tokenCommand } from "./commands/token.ts";
import { UsageError } from "./commands/usage.ts";
import { ConfigError, checkEnvFiles, readConfig } from "./config.ts";
import { DatabaseLocked } from "./storage/lock.ts";

const HELP = `Switchboard: a realtime server that speaks five WebSocket contracts.

Usage: switchboard [command] [options]

  serve     serve until stopped (the default)
  token     print a JWT for a user
              --user U      the user's id (required)
              --name N      the name that others see
              --room R      a room that the token opens, such as chat:chat-1, chat:* or *; may be repeated
                            (outside production: * when there is none)
              --role R      a role; may be repeated
              --ttl T       how long it is good, such as 90s, 30m, 1h, 7d (default 1h)
  migrate   bring the database up to date and leave
  backup F  copy the database into the new file F, beside a running server too
  checkconfig
            check the settings as serve would, print them without secrets, and leave
  status    show whether a running server is well, and how far it is in which log; status --help says more
  tail      show what happens on a running server; tail --help says more
  verify    check a server's promises; verify --help says more

  --help, --version

Settings are environment variables; docs/configuration.md lists them.`;

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        version: { type: "boolean", short: "v" },
        user: { type: "string" },
        name: { type: "string" },
        room: { type: "string", multiple: true },
        role: { type: "string", multiple: true },
        ttl: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

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
  const { values, positionals } = parse(args);
  if (values.help) return console.log(HELP);
  if (values.version) return console.log(packageJson.version);
  const [command = "serve", ...rest] = positionals;
  if (!["serve", "token", "migrate", "backup", "checkconfig"].includes(command))
    throw new UsageError(`there is no command '${command}'`);
  const file = command === "backup" ? rest.shift() : undefined;
  if (command === "backup" && !file) throw new UsageError("backup needs the file to make");
  if (rest.length > 0) throw new UsageError(`unexpected argument '${rest[0]}'`);
  const { help: _, version: __, ...tokenOptions } = values;
  if (command !== "token" && Object.keys(tokenOptions).length > 0) {
    throw new UsageError(`--${Object.keys(tokenOptions)[0]} goes with the token command`);
  }
  checkEnvFiles();
  // The whole environment, because the bundler would fill in process.env.NODE_ENV at build time.
  const config = readConfig({ ...process.env });
  if (command === "token") await tokenCommand(config, tokenOptions);
  else if (command === "migrate") migrateCommand(config);
  else if (file) backupCommand(config, file);
  else if (command === "checkconfig") await checkconfigCommand(config);
  else await serveCommand(config, packageJson.version);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const known =
    error instanceof ConfigError || error instanceof UsageError || error instanceof DatabaseLocked;
  console.error(known ? `switchboard: ${error.message.replaceAll("\n", "\nswitchboard: ")}` : error);
  if (error instanceof UsageError) console.error("switchboard: --help shows what there is");
  process.exit(error instanceof UsageError ? 2 : 1);
}
