import { mkdirSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { type Cut, Link } from "./link.ts";

/** The program of a log server; undefined where there is none. */
export const natsServer = (): string | undefined =>
  process.env["NATS_SERVER"] || (Bun.which("nats-server") ?? undefined);

const READY = "Server is ready";
const TRIES = 5;
const SURE_MS = 200;
const ANSWER_MS = 1_000;

/** Nothing listens there: a server that is told of another one by a third cannot reach it past a cut. */
const NOWHERE = "127.0.0.1:1";

interface LogServer {
  readonly name: string;
  readonly port: number;
  /** Where it says how it is. */
  readonly health: number;
  /** To the other servers, by their index; empty where they connect directly. */
  readonly links: ReadonlyMap<number, Link>;
  child: Bun.Subprocess<"ignore", "ignore", "pipe"> | undefined;
}

/** Three NATS servers on this machine, as one cluster that syncs every write, each with a folder of its own. */
export class LogServers {
  readonly #servers: LogServer[] = [];

  private constructor(
    private readonly program: string,
    private readonly directory: string,
  ) {}

  /** Resolves when all of them are ready. With no ports given, free ones are taken, and links between them can be cut. */
  static async start(directory: string, ports?: readonly number[], count = 3): Promise<LogServers> {
    for (let tries = 1; ; tries++) {
      const servers = await LogServers.#make(directory, ports, count);
      try {
        await Promise.all(servers.#servers.map((_, index) => servers.restart(index)));
        // One that cannot have the port for the others ends only now.
        await Bun.sleep(SURE_MS);
        if (servers.pids.length < count) throw new Error("a nats-server has ended by itself");
        return servers;
      } catch (error) {
        servers.killAll();
        // Somebody else has taken a port that was free a moment ago.
        if (ports || tries === TRIES) throw error;
      }
    }
  }

  static async #make(
    directory: string,
    ports: readonly number[] | undefined,
    count: number,
  ): Promise<LogServers> {
    const program = natsServer();
    if (program === undefined)
      throw new Error("there is no nats-server: set NATS_SERVER; from a clone, scripts/get-nats.sh gets it");
    const servers = new LogServers(program, directory);
    const clients = ports ?? (await freePorts(count));
    const free = await freePorts(2 * count);
    const routes = free.slice(0, count);
    for (const [index, port] of clients.entries()) {
      const health = free[count + index]!;
      const name = `log-${index + 1}`;
      const links = new Map<number, Link>();
      for (const [other, route] of routes.entries())
        if (!ports && other !== index) links.set(other, await Link.open(route));
      const storage = join(directory, name);
      mkdirSync(storage, { recursive: true });
      writeFileSync(
        servers.#configOf(name),
        configOf({ name, port, health, storage }, clusterOf(routes, index, links)),
      );
      servers.#servers.push({ name, port, health, links, child: undefined });
    }
    return servers;
  }

  #configOf(name: string): string {
    return join(this.directory, `${name}.conf`);
  }

  /** For `LOG_URL`. */
  get url(): string {
    return this.#servers.map(({ port }) => `nats://127.0.0.1:${port}`).join();
  }

  /** Where each of them listens for clients. */
  get ports(): readonly number[] {
    return this.#servers.map(({ port }) => port);
  }

  /** Of those that run. */
  get pids(): readonly number[] {
    return this.#servers.flatMap(({ child }) => (child?.exitCode === null ? child.pid : []));
  }

  get count(): number {
    return this.#servers.length;
  }

  /** With SIGKILL. */
  async kill(index: number): Promise<void> {
    const { child } = this.#servers[index]!;
    this.#servers[index]!.child = undefined;
    child?.kill("SIGKILL");
    await child?.exited;
  }

  async restart(index: number): Promise<void> {
    const server = this.#servers[index]!;
    const child = Bun.spawn([this.program, "--config", this.#configOf(server.name)], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    server.child = child;
    const ready = Promise.withResolvers<void>();
    void (async () => {
      const decoder = new TextDecoder();
      let text = "";
      let isReady = false;
      for await (const chunk of child.stderr) {
        if (isReady) continue;
        text += decoder.decode(chunk, { stream: true });
        isReady = text.includes(READY);
        if (isReady) ready.resolve();
      }
      ready.reject(new Error(`nats-server did not start:\n${text}`));
    })();
    await ready.promise;
  }

  /** Nothing of it runs until it is resumed. */
  pause(index: number): void {
    this.#servers[index]?.child?.kill("SIGSTOP");
  }

  resume(index: number): void {
    this.#servers[index]?.child?.kill("SIGCONT");
  }

  /** Cuts what the first sends to the second, what it gets from it, or both, whichever of them has connected. */
  cut(one: number, other: number, which: Cut): void {
    const reverse = { out: "in", in: "out", both: "both" } as const;
    this.#servers[one]?.links.get(other)?.cut(which);
    this.#servers[other]?.links.get(one)?.cut(reverse[which]);
  }

  heal(one: number, other: number): void {
    this.#servers[one]?.links.get(other)?.heal();
    this.#servers[other]?.links.get(one)?.heal();
  }

  /** Whether each of them follows a leader, and has all that the others have. */
  async areWell(): Promise<boolean> {
    const answers = await Promise.all(
      this.#servers.map(({ health }) =>
        fetch(`http://127.0.0.1:${health}/healthz`, {
          signal: AbortSignal.timeout(ANSWER_MS),
          proxy: false,
        }).then(
          ({ ok }) => ok,
          () => false,
        ),
      ),
    );
    return answers.every(Boolean);
  }

  /** Waits for nothing, so that it can also run when the process exits. */
  killAll(): void {
    for (const { child, links } of this.#servers) {
      child?.kill("SIGKILL");
      for (const link of links.values()) link.close();
    }
  }
}

/** `sync_interval: always` is what makes a confirmed message survive a power cut of all of them. */
const configOf = (
  { name, port, health, storage }: Pick<LogServer, "name" | "port" | "health"> & { readonly storage: string },
  cluster: string,
): string => `server_name: ${name}
listen: "127.0.0.1:${port}"
http: "127.0.0.1:${health}"
max_payload: 8MB
jetstream { store_dir: "${storage}", sync_interval: always, max_file: 4GB }
${cluster}
`;

/** Clients, too, are told of no other server: they would get past a cut. */
function clusterOf(routes: readonly number[], index: number, links: ReadonlyMap<number, Link>): string {
  if (routes.length === 1) return "";
  const urls = routes.map((route, other) => `"nats://127.0.0.1:${links.get(other)?.port ?? route}"`);
  const hidden = links.size > 0 ? `advertise: "${NOWHERE}", no_advertise: true, ` : "";
  return `cluster { name: log, listen: "127.0.0.1:${routes[index]}", ${hidden}routes: [${urls.join()}] }`;
}

/** Systems take the ports of outgoing connections from above these. */
const [LOWEST, HIGHEST] = [10_000, 32_000];

/** They were free a moment ago, and no outgoing connection gets them. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = net.createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
