import net from "node:net";

/** Hands each new connection to the next node that takes it. */
export class Balancer {
  #next = 0;

  private constructor(
    private readonly server: net.Server,
    readonly port: number,
  ) {}

  /** `ports` are those of the nodes now. */
  static async open(ports: () => readonly number[], port = 0): Promise<Balancer> {
    const server = net.createServer((near) => {
      near.on("error", () => {});
      balancer.#connect(near, ports(), 0);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    const balancer: Balancer = new Balancer(server, (server.address() as net.AddressInfo).port);
    return balancer;
  }

  #connect(near: net.Socket, ports: readonly number[], tried: number): void {
    const port = ports[this.#next++ % Math.max(ports.length, 1)];
    if (port === undefined || tried >= ports.length) {
      near.destroy();
      return;
    }
    const far = net.connect(port, "127.0.0.1");
    let isOpen = false;
    far.on("error", () => {});
    far.on("connect", () => {
      isOpen = true;
      near.pipe(far);
      far.pipe(near);
    });
    near.on("close", () => far.destroyed || far.destroy());
    far.on("close", () => {
      if (!isOpen) this.#connect(near, ports, tried + 1);
      else if (!near.destroyed) near.end();
    });
  }

  close(): void {
    this.server.close();
  }
}
