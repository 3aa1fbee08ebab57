import net from "node:net";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** One client's connection to the server, which faults can break: a TCP relay with a port of its own. */
export class Wire {
  #client: net.Socket | undefined;
  #upstream: net.Socket | undefined;

  private constructor(
    private readonly relay: net.Server,
    readonly port: number,
  ) {}

  static async open(target: () => Address): Promise<Wire> {
    const relay = net.createServer((client) => wire.#connect(client, target()));
    await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
    const address = relay.address();
    if (typeof address !== "object" || address === null) throw new Error("the relay has no port");
    const wire = new Wire(relay, address.port);
    return wire;
  }

  #connect(client: net.Socket, { host, port }: Address): void {
    const upstream = net.connect(port, host);
    this.#client = client;
    this.#upstream = upstream;
    for (const end of [client, upstream]) end.on("error", () => {});
    client.on("close", () => upstream.destroyed || this.#upstream !== upstream || upstream.destroy());
    upstream.on("close", () => client.destroyed || client.end());
    client.pipe(upstream);
    upstream.pipe(client);
  }

  /** From now on nothing that the server sends on this connection is read, until it is thawed. */
  freeze(): () => void {
    const [client, upstream] = [this.#client, this.#upstream];
    if (client) upstream?.unpipe(client);
    upstream?.pause();
    let isFrozen = true;
    return () => {
      if (isFrozen && client && upstream && !upstream.destroyed) upstream.pipe(client);
      isFrozen = false;
    };
  }

  /** Ends both sides without a close frame. */
  cut(): void {
    this.#client?.destroy();
    this.#upstream?.destroy();
  }

  /**
   * The client is gone but the server is not told: its side stays open, and nobody reads or answers there.
   */
  abandon(): void {
    const upstream = this.#upstream;
    this.freeze();
    this.#upstream = undefined;
    this.#client?.destroy();
    upstream?.on("close", () => upstream.destroy());
  }

  close(): void {
    this.cut();
    this.relay.close();
  }
}
