import { mkdirSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";

/** The program of a log server; undefined where there is none. */
export const natsServer = (): string | undefined =>
  process.env["NATS_SERVER"] || (Bun.which("nats-server") ?? undefined);

const READY = "Server is ready";

interface LogServer {
  readonly name: string;
  readonly port: number;
  child: Bun.Subprocess<"ignore", "ignore", "pipe"> | undefined;
}

/** Three NATS servers on this machine, as one cluster that syncs every write, each with a folder of its own. */
export class LogServers {
  readonly #servers: LogServer[] = [];

  private constructor(
    private readonly program: string,
    private readonly directory: string,
  ) {}

  /** Resolves when all of them are ready. With no ports given, free ones are taken. */
  static async start(directory: string, ports?: readonly number[], count = 3): Promise<LogServers> {
    const program = natsServer();
    if (program === undefined)
      throw new Error("there is no nats-server: set NATS_SERVER; from a clone, scripts/get-nats.sh gets it");
    const servers = new LogServers(program, directory);
    const clients = ports ?? (await freePorts(count));
    const routes = await freePorts(count);
    for (const [index, port] of clients.entries()) {
      const name = `log-${index + 1}`;
      mkdirSync(join(directory, name), { recursive: true });
      writeFileSync(servers.#configOf(name), configOf(name, port, routes, index, join(directory, name)));
      servers.#servers.push({ name, port, child: undefined });
    }
    await Promise.all(servers.#servers.map((_, index) => servers.restart(index)));
    return servers;
  }

  #configOf(name: string): string {
    return join(this.directory, `${name}.conf`);
  }

  /** For `LOG_URL`. */
  get url(): string {
    return this.#servers.map(({ port }) => `nats://127.0.0.1:${port}`).join();
  }

  get count(): number {
    return this.#servers.length;
  }

  /** Without a warning. */
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

  /** Also where the process ends by itself: it waits for nothing. */
  killAll(): void {
    for (const { child } of this.#servers) child?.kill("SIGKILL");
  }
}

/** `sync_interval: always` is what makes a confirmed message survive a power cut of all of them. */
const configOf = (
  name: string,
  port: number,
  routes: readonly number[],
  index: number,
  directory: string,
): string => `server_name: ${name}
listen: "127.0.0.1:${port}"
max_payload: 8MB
jetstream { store_dir: "${directory}", sync_interval: always, max_file: 4GB }
${routes.length > 1 ? `cluster { name: log, listen: "127.0.0.1:${routes[index]}", routes: [${routes.map((route) => `"nats://127.0.0.1:${route}"`).join()}] }` : ""}
`;

/** They were free a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const listening = Array.from({ length: count }, () => net.createServer());
  const ports = await Promise.all(
    listening.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, "127.0.0.1", () => resolve((server.address() as net.AddressInfo).port)),
        ),
    ),
  );
  await Promise.all(listening.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
