import { type Logger, pino } from "pino";
import type { Config } from "../config.ts";
import { LogOutput } from "./log-output.ts";

const STANDARD_ERROR = 2;

export interface Log {
  readonly log: Logger;
  /** How many lines could not be written since the start. */
  lostLines(): number;
}

/**
 * The log of `serve`, on standard error: for people in a terminal, one JSON object a line in a pipe. LOG_FORMAT
 * overrides that. Both formats write at once and from this thread, so that the last line before an exit is not lost.
 */
export async function openLog({ LOG_FORMAT, LOG_LEVEL }: Config): Promise<Log> {
  const isTerminal = process.stderr.isTTY === true;
  const format = LOG_FORMAT ?? (isTerminal ? "pretty" : "json");
  const written = format === "json" ? (line: string) => line : await forPeople(isTerminal);
  const output = new LogOutput(STANDARD_ERROR, (lost) =>
    log.warn({ lost }, "the log can be written again; the lines before this one are lost"),
  );
  const log = pino({ level: LOG_LEVEL, base: null }, { write: (line) => output.write(written(line)) });
  return { log, lostLines: () => output.lost };
}

async function forPeople(isTerminal: boolean): Promise<(line: string) => string> {
  // Loaded only when it is wanted, and as a function: a transport would need a worker that the binary does not have.
  const { prettyFactory } = await import("pino-pretty");
  const colorize = isTerminal && !process.env["NO_COLOR"];
  return prettyFactory({ singleLine: true, colorize, translateTime: "SYS:HH:MM:ss.l" });
}
