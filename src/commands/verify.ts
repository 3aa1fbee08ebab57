import { parseArgs } from "node:util";
import { z } from "zod";
import { firstKey } from "../auth/api-keys.ts";
import { natsServer } from "../verify/cluster/log-servers.ts";
import { report } from "../verify/report.ts";
import { type Step, verify } from "../verify/run.ts";
import { MISHAPS } from "../verify/schedule.ts";
import { show } from "./progress.ts";
import { UsageError } from "./usage.ts";

const HELP = `Checks a server's promises: it loses nothing confirmed and stores nothing twice, and a client that stays
connected misses nothing and gets everything in order.

Usage: switchboard verify [URL] [options]

Without a URL it starts a server of its own in a temporary directory. With a URL, http://host:port, it drives
the server that runs there, at one message a second and client, and leaves its rooms behind.

  --seconds N     length of the run (default 20)
  --clients N     number of clients, over all contracts (default 48)
  --seed N        repeats the clients, words and faults of an earlier run (the report prints its seed)
  --chaos         kills the server, cuts and abandons connections, stalls readers, floods, sends broken frames,
                  fills the disk; only without a URL
  --cluster N     starts N nodes on a log of three servers instead of one server, behind a balancer; --chaos kills
                  nodes and servers of the log. Needs nats-server: the variable NATS_SERVER, or on the PATH
  --mishaps LIST  injects only these of the faults: ${MISHAPS.join()}
  --secret S      with a URL: its JWT_SECRET (default: the variable JWT_SECRET)
  --api-key K     with a URL: one of its API_KEYS (default: the variable API_KEYS)

The exit code is 0 when every promise held, 1 when one did not.`;

const whole = (most: number) => z.coerce.number().int().min(1).max(most);
const options = z.object({
  seconds: whole(1_000_000).default(20),
  clients: whole(10_000).default(48),
  seed: whole(2 ** 32 - 1).optional(),
  chaos: z.boolean().default(false),
  mishaps: z
    .string()
    .transform((list) => list.split(","))
    .pipe(z.array(z.enum(MISHAPS)))
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
  const { values, positionals } = parse(args);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const parsed = options.safeParse(values);
  if (!parsed.success) {
    throw new UsageError(
      parsed.error.issues.map(({ path, message }) => `--${path.join(".")}: ${message}`).join("\n"),
    );
  }
  const { seconds, clients, seed = 1 + Math.floor(Math.random() * (2 ** 32 - 2)), chaos } = parsed.data;
  const [url, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`unexpected argument '${more[0]}'`);
  const mishaps = chaos ? MISHAPS : parsed.data.mishaps;
  if (url !== undefined && mishaps.length > 0)
    throw new UsageError("--chaos, --mishaps: need a server of verify's own, so leave the URL out");
  const { cluster: nodes } = parsed.data;
  if (url !== undefined && nodes !== undefined)
    throw new UsageError("--cluster: starts nodes of verify's own, so leave the URL out");
  if (nodes !== undefined && natsServer() === undefined)
    throw new UsageError(
      "--cluster: needs nats-server 2.12 or later: install it, or set NATS_SERVER to its path",
    );
  // Exit handlers still run after a signal.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  let [step, since]: [Step | "starting", number] = ["starting", performance.now()];
  const hide = show(() => {
    const elapsed = performance.now() - since;
    const fraction = step === "driving the clients" ? elapsed / (1_000 * seconds) : undefined;
    return { what: `verify: ${step}`, fraction, elapsed };
  });
  const wishes = {
    target: url === undefined ? undefined : remote(url),
    seconds,
    clients,
    seed,
    mishaps,
    nodes,
  };
  const result = await verify(wishes, (next) => {
    [step, since] = [next, performance.now()];
  }).finally(hide);
  console.log(report(result));
  return result.faults.held ? 0 : 1;

  function remote(text: string) {
    const origin = URL.parse(text)?.origin;
    if (!origin?.startsWith("http")) throw new UsageError("URL: must be http://host:port");
    const secret = parsed.data?.secret ?? env["JWT_SECRET"];
    const apiKey = parsed.data?.["api-key"] ?? firstKey(env["API_KEYS"]);
    if (!secret) throw new UsageError("--secret: must be the JWT_SECRET of the server");
    if (!apiKey) throw new UsageError("--api-key: must be one of the API_KEYS of the server");
    return { origin: () => origin, secret, apiKey };
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        seconds: { type: "string" },
        clients: { type: "string" },
        seed: { type: "string" },
        chaos: { type: "boolean" },
        mishaps: { type: "string" },
        cluster: { type: "string" },
        secret: { type: "string" },
        "api-key": { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
