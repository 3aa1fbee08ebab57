import { type Logger, pino } from "pino";
import type { Config } from "../config.ts";

/**
 * The log of `serve`, on standard error: for people in a terminal, one JSON object a line in a pipe. LOG_FORMAT
 * overrides that. Both formats write at once and from this thread, so that the last line before an exit is not lost.
 */
export async function openLog({ LOG_FORMAT, LOG_LEVEL }: Config): Promise<Logger> {
  const isTerminal = process.stderr.isTTY === true;
  const options = { level: LOG_LEVEL, base: null };
  if ((LOG_FORMAT ?? (isTerminal ? "pretty" : "json")) === "json") return pino(options, pino.destination(2));
  // Loaded only when it is wanted, and as a stream: a transport would need a worker that the binary does not have.
  const { default: pretty } = await import("pino-pretty");
  const colorize = isTerminal && !process.env["NO_COLOR"];
  const translateTime = "SYS:HH:MM:ss.l";
  return pino(options, pretty({ destination: 2, sync: true, singleLine: true, colorize, translateTime }));
}
