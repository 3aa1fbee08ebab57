import net from "node:net";

const REFUSAL = Buffer.from("HTTP/1.1 503");
const GET = Buffer.from("GET ");
/** What a client sends before it gets an answer; beyond this it is not sent again. */
const KEPT_BYTES = 65_536;

/**
 * Hands each new connection to the next node that takes it. A GET that a node refuses, or goes down with, goes on to
 * another one, as with deploy/cluster/nginx.conf.
 */
export class Balancer {
  #next = 0;

  private constructor(
    private readonly server: net.Server,
    readonly port: number,
  ) {}

  /** `ports` are those of the nodes now. */
  static async open(ports: () => readonly number[], port = 0): Promise<Balancer> {
    const server = net.createServer((client) => {
      client.on("error", () => {});
      const all = ports();
      const first = balancer.#next++ % Math.max(all.length, 1);
      // Tries each node once, however many clients connect meanwhile.
      balancer.#connect(client, [...all.slice(first), ...all.slice(0, first)], []);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    const balancer: Balancer = new Balancer(server, (server.address() as net.AddressInfo).port);
    return balancer;
  }

  #connect(client: net.Socket, [port, ...others]: readonly number[], said: Buffer[]): void {
    if (port === undefined) {
      client.destroy();
      return;
    }
    const upstream = net.connect(port, "127.0.0.1");
    let isAnswered = false;
    let isOver = false;
    const keep = (chunk: Buffer) => {
      if (!isAnswered) said.push(chunk);
    };
    const mayGoOn = () =>
      others.length > 0 &&
      !client.destroyed &&
      (said[0]?.subarray(0, GET.length).equals(GET) ?? true) &&
      sizeOf(said) <= KEPT_BYTES;
    const goOn = () => {
      isOver = true;
      client.pause();
      client.off("data", keep);
      client.unpipe(upstream);
      upstream.destroy();
      this.#connect(client, others, said);
    };
    upstream.on("error", () => {});
    upstream.on("connect", () => {
      for (const chunk of said) upstream.write(chunk);
      client.on("data", keep);
      client.pipe(upstream);
    });
    upstream.once("data", (first: Buffer) => {
      isAnswered = true;
      if (first.subarray(0, REFUSAL.length).equals(REFUSAL) && mayGoOn()) return goOn();
      client.off("data", keep);
      client.write(first);
      upstream.pipe(client);
    });
    client.on("close", () => upstream.destroyed || upstream.destroy());
    upstream.on("close", () => {
      if (isOver) return;
      if (!isAnswered && mayGoOn()) goOn();
      else if (!client.destroyed) client.end();
    });
  }

  close(): void {
    this.server.close();
  }
}

const sizeOf = (chunks: readonly Buffer[]): number => chunks.reduce((sum, { length }) => sum + length, 0);
