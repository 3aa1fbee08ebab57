import { z } from "zod";
import { firstKey } from "../auth/api-keys.ts";
import { ConfigError } from "../config.ts";
import { natsServer } from "../verify/cluster/log-servers.ts";
import { report } from "../verify/report.ts";
import { type Step, verify } from "../verify/run.ts";
import { ALL_MISHAPS, MISHAPS, NODE_MISHAPS } from "../verify/schedule.ts";
import { ask, refusesTokens, type Target } from "../verify/target.ts";
import { show } from "./progress.ts";
import { originOf, parseOptions, refuseMore, UsageError } from "./usage.ts";

const HELP = `Checks that a server keeps its promises: it loses no confirmed message and stores none twice, and a client that
stays connected gets every message in order.

Usage: switchboard verify [URL] [options]

Without a URL, verify starts its own server in a temporary directory. With a URL, http://host:port, it sends to the
server that runs there, one message a second for each client; the rooms that it made stay.

  --seconds N     length of the run (default 20)
  --clients N     number of clients, over all contracts (default 48)
  --seed N        repeat the clients, words and faults of an earlier run, whose report printed its seed
  --chaos         kill the server, cut and abandon connections, stall readers, flood, send broken frames and
                  fill the disk; only without a URL
  --cluster N     start N nodes on a log of three servers, behind a balancer, instead of one server; --chaos then
                  kills, stops and cuts off nodes and servers of the log, sets clocks, has nodes join without a
                  database, and restarts all of them. Needs nats-server on the PATH or in NATS_SERVER
  --mishaps LIST  inject only these faults: ${MISHAPS.join()};
                  with --cluster, too: ${NODE_MISHAPS.join()}
  --secret S      with a URL: the JWT_SECRET of that server (default: the variable JWT_SECRET)
  --api-key K     with a URL: one of the API_KEYS of that server (default: the variable API_KEYS)

The exit code is 0 when every promise held, 1 when one did not.`;

function whole(most: number) {
  const range = `must be a whole number from 1 to ${most}`;
  return z.coerce.number(range).int(range).min(1, range).max(most, range);
}
const options = z.object({
  seconds: whole(1_000_000).default(20),
  clients: whole(10_000).default(48),
  seed: whole(2 ** 32 - 1).optional(),
  chaos: z.boolean().default(false),
  mishaps: z
    .string()
    .transform((list) => list.split(","))
    .pipe(z.array(z.enum(ALL_MISHAPS, `must be some of ${ALL_MISHAPS.join()}`)))
    .default([]),
  cluster: whole(9).optional(),
  secret: z.string().optional(),
  "api-key": z.string().optional(),
});

/** Prints the report. The exit code says whether all promises held. Throws `UsageError`. */
export async function verifyCommand(
  args: string[],
  env: Record<string, string | undefined>,
): Promise<number> {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const parsed = options.safeParse(values);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `--${String(path[0])}: ${message}`);
    throw new UsageError([...new Set(faults)].join("\n"));
  }
  const { seconds, clients, seed = 1 + Math.floor(Math.random() * (2 ** 32 - 2)), chaos } = parsed.data;
  const [url, ...more] = positionals;
  refuseMore("verify", more, "one URL");
  const { cluster: nodes } = parsed.data;
  const possible = nodes === undefined ? MISHAPS : ALL_MISHAPS;
  const mishaps = chaos ? possible : parsed.data.mishaps;
  const impossible = mishaps.filter((one) => !possible.includes(one));
  if (impossible.length > 0)
    throw new UsageError(`--mishaps: ${impossible.join()} can only happen to several nodes: add --cluster 3`);
  if (url !== undefined && mishaps.length > 0)
    throw new UsageError(
      "--chaos and --mishaps inject faults into a server that verify starts: leave the URL out",
    );
  if (url !== undefined && nodes !== undefined)
    throw new UsageError("--cluster makes verify start its own nodes: leave the URL out");
  if (nodes !== undefined && natsServer() === undefined)
    throw new UsageError(
      "--cluster needs nats-server 2.12 or later: install it, or set NATS_SERVER to its path",
    );
  const target = url === undefined ? undefined : remote(url);
  if (target) await prove(target);
  // Exit handlers still run after a signal.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  let [step, since]: [Step | "starting", number] = ["starting", performance.now()];
  const hide = show(() => {
    const elapsed = performance.now() - since;
    const fraction = step === "driving the clients" ? elapsed / (1_000 * seconds) : undefined;
    return { what: `verify: ${step}`, fraction, elapsed };
  });
  const run = {
    target,
    seconds,
    clients,
    seed,
    mishaps,
    nodes,
  };
  const result = await verify(run, (next) => {
    [step, since] = [next, performance.now()];
  }).finally(hide);
  console.log(report(result));
  return result.faults.held ? 0 : 1;

  function remote(text: string) {
    const origin = originOf(text);
    const secret = parsed.data?.secret ?? env["JWT_SECRET"];
    const apiKey = parsed.data?.["api-key"] ?? firstKey(env["API_KEYS"]);
    if (!secret) throw new UsageError("--secret: must be the JWT_SECRET of the server");
    if (!apiKey) throw new UsageError("--api-key: must be one of the API_KEYS of the server");
    return { origin: () => origin, secret, apiKey };
  }
}

/** Throws `ConfigError` where no server answers, or it does not take the key or tokens signed with the secret. */
async function prove(target: Target): Promise<void> {
  const answer = await ask(target, "GET", "/v1/feed?after=end");
  if (!answer) throw new ConfigError(`URL: no Switchboard answers at ${target.origin()}`);
  if (answer.status === 401 || answer.status === 403)
    throw new ConfigError("--api-key: must be one of the API_KEYS of the server, and may read and publish");
  if (await refusesTokens(target))
    throw new ConfigError(
      "--secret: must be the JWT_SECRET of the server, which takes no tokens signed with this one (nor any, if it has JWT_ISSUER or JWT_AUDIENCE)",
    );
}

const OPTIONS = {
  help: { type: "boolean", short: "h" },
  seconds: { type: "string" },
  clients: { type: "string" },
  seed: { type: "string" },
  chaos: { type: "boolean" },
  mishaps: { type: "string" },
  cluster: { type: "string" },
  secret: { type: "string" },
  "api-key": { type: "string" },
} as const;
