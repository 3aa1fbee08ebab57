import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { firstKey } from "../auth/api-keys.ts";
import { readConfig } from "../config.ts";
import { reasonOf } from "../feed/webhook-send.ts";
import { originOf, parseOptions, refuseMore, UsageError } from "./usage.ts";

const HELP = `Shows the feed of a running server, one line for each event.

Usage: switchboard tail [URL] [options]

The URL is http://localhost:3001 by default; WS_PORT changes the port. When the server goes away, tail connects again
and continues where it was.

  --room R        only this room, such as chat:1, or all rooms of a kind, such as chat:*; may be repeated
  --kind K        only this kind of event, such as message; may be repeated
  --protocol P    only this contract, such as gurukul; may be repeated
  --after N       begin after this position instead of now; 0 begins with the oldest event that is kept
  --since T       begin this long ago, such as 90s, 30m, 1h or 7d
  --json          print each event as JSON on a line of its own, for jq
  --api-key K     a key with the scope read (default: the variable API_KEYS, or the file data/api-key)`;

const RETRY_MS = 1_000;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

const event = z.object({
  position: z.string(),
  protocol: z.string().nullable(),
  room: z.string(),
  kind: z.string(),
  time: z.string(),
  sender: z.string().nullable(),
  data: z.unknown(),
});
type Event = z.output<typeof event>;

/** Follows a server's feed until it is interrupted, or its reader is gone. Throws `UsageError`. */
export async function tailCommand(args: string[], env: Record<string, string | undefined>): Promise<number> {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [named, ...more] = positionals;
  const url = named ?? `http://localhost:${env["WS_PORT"] || 3001}`;
  refuseMore("tail", more, "one URL");
  const origin = originOf(url);
  const key = values["api-key"] ?? firstKey(env["API_KEYS"]) ?? keyOfFile(env);
  if (!key)
    throw new UsageError(
      "--api-key: must be one of the API_KEYS of the server; neither API_KEYS nor data/api-key has one here",
    );
  const colours = !values.json && process.stdout.isTTY && !env["NO_COLOR"];
  process.stdout.on("error", (error) => {
    // A pipe that is closed, as by head, ends it.
    if ("code" in error && error.code === "EPIPE") process.exit(0);
    console.error(`switchboard: cannot write to standard output: ${error.message}`);
    process.exit(1);
  });

  let place = startOf(values);
  for (;;) {
    try {
      const filter = (["room", "kind", "protocol"] as const).flatMap((name) =>
        (values[name] ?? []).map((value): [string, string] => [name, value]),
      );
      const query = new URLSearchParams([["after", place], ...filter]);
      const answer = await fetch(`${origin}/v1/feed?${query}`, {
        headers: { accept: "text/event-stream", authorization: `Bearer ${key}` },
        ...(named === undefined && { proxy: false }),
      });
      if (!answer.ok || !answer.body) {
        const { detail, oldest } = await problemOf(answer);
        if (answer.status === 410 && oldest) {
          console.error(`switchboard: retention has removed events after ${place}; going on after ${oldest}`);
          place = oldest;
          continue;
        }
        if (answer.status < 500) {
          console.error(`switchboard: ${detail}`);
          return 1;
        }
        throw new Error(detail);
      }
      for await (const { id, data } of eventsOf(answer.body)) {
        if (data !== undefined) {
          await print(values.json ? data : line(event.parse(JSON.parse(data)), colours));
        }
        if (id !== undefined) place = id;
      }
      throw new Error("the server ended the stream");
    } catch (error) {
      console.error(`switchboard: ${error instanceof Error ? reasonOf(error) : error}; trying again`);
      await Bun.sleep(RETRY_MS);
    }
  }
}

/** Resolves when the line is written. `console.log` would not tell that it cannot be. */
const print = (text: string) => new Promise((resolve) => process.stdout.write(`${text}\n`, resolve));

function startOf({ after, since }: { after?: string | undefined; since?: string | undefined }): string {
  if (after !== undefined && since !== undefined)
    throw new UsageError("--after and --since both say where to begin: give one of them");
  if (after !== undefined && !/^\d+$/.test(after))
    throw new UsageError("--after: must be a position of the feed, such as 0 or 100000");
  if (since === undefined) return after ?? "end";
  const [, count, unit = ""] = /^(\d{1,9})([smhd])$/.exec(since) ?? [];
  if (count === undefined) throw new UsageError("--since: must be a time such as 90s, 30m, 1h, 7d");
  // Longer ago than the epoch there is nothing, and a year before 0 is no time of the feed.
  return new Date(Math.max(0, Date.now() - Number(count) * (UNITS[unit] ?? 1) * 1_000)).toISOString();
}

/** What a server on this machine has made for itself. */
function keyOfFile(env: Record<string, string | undefined>): string | undefined {
  const file = join(readConfig({ DATABASE_URL: env["DATABASE_URL"] }).dataDirectory, "api-key");
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

async function problemOf(answer: Response): Promise<{ detail: string; oldest?: string }> {
  const text = await answer.text();
  try {
    const { detail, errors = [], oldest } = JSON.parse(text);
    const fields = errors.map((error: { path: string; message: string }) => `${error.path} ${error.message}`);
    return { detail: [detail, ...fields].join(": "), oldest };
  } catch {
    return { detail: `the server answered ${answer.status}` };
  }
}

/** Server-Sent Events, comments left out. */
async function* eventsOf(body: ReadableStream<Uint8Array>) {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    const blocks = (text + decoder.decode(chunk, { stream: true })).split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      // Not `.`, which ends at U+2028 too: a message may hold it.
      yield { id: /^id: ([^\n]*)/m.exec(block)?.[1], data: /^data: ([^\n]*)/m.exec(block)?.[1] };
    }
  }
}

const dim = "\x1b[2m";
const bold = "\x1b[1m";
const cyan = "\x1b[36m";
const plain = "\x1b[0m";

/** `12:03:04 chat:1 message ada {"content":"Hello"}` */
function line({ time, room, kind, sender, data }: Event, colours: boolean): string {
  // Colours come from here alone: a terminal would obey the codes in an event's text.
  const text = JSON.stringify(data).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const from = sender ?? "-";
  if (!colours) return `${time.slice(11, 19)} ${room} ${kind} ${from} ${text}`;
  return `${dim}${time.slice(11, 19)}${plain} ${cyan}${room}${plain} ${bold}${kind}${plain} ${from} ${dim}${text}${plain}`;
}

const OPTIONS = {
  help: { type: "boolean", short: "h" },
  room: { type: "string", multiple: true },
  kind: { type: "string", multiple: true },
  protocol: { type: "string", multiple: true },
  after: { type: "string" },
  since: { type: "string" },
  json: { type: "boolean" },
  "api-key": { type: "string" },
} as const;
