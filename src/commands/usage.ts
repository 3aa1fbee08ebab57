import { type ParseArgsConfig, parseArgs } from "node:util";

/** The command line was used wrongly; the message says how. */
export class UsageError extends Error {}

/** The options and the other arguments of a command. Throws `UsageError`. */
export function parseOptions<Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: string[],
  options: Options,
) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(explain(error instanceof Error ? error.message : String(error)));
  }
}

/** What Bun says about an option, with the way out. */
function explain(message: string): string {
  const [, option, rest = ""] = /'(?:-\w, )?(--?[^\s']+)[^']*'(.*)/s.exec(message) ?? [];
  if (option === undefined) return message;
  if (message.startsWith("Unknown option")) return `there is no option '${option}'`;
  if (/argument (missing|is ambiguous)/.test(rest)) return `${option} needs a value`;
  return rest.includes("does not take an argument") ? `${option} takes no value` : message;
}

/** Throws `UsageError` where arguments are left that the command does not take. */
export function refuseMore(command: string, more: readonly string[], takes: string): void {
  if (more.length > 0)
    throw new UsageError(`${command} takes ${takes}, so '${more[0]}' has no meaning: leave it out`);
}

/** The server of a URL that was given as an argument. Throws `UsageError`. */
export function originOf(url: string): string {
  const origin = URL.parse(url)?.origin;
  if (!origin?.startsWith("http")) throw new UsageError("URL: must be http://host:port");
  return origin;
}
