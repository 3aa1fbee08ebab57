import net from "node:net";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** One client's connection to the server, which faults can break: a TCP relay with a port of its own. */
export class Wire {
  #near: net.Socket | undefined;
  #far: net.Socket | undefined;

  private constructor(
    private readonly relay: net.Server,
    readonly port: number,
  ) {}

  static async open(target: () => Address): Promise<Wire> {
    const relay = net.createServer((near) => wire.#connect(near, target()));
    await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
    const address = relay.address();
    if (typeof address !== "object" || address === null) throw new Error("the relay has no port");
    const wire = new Wire(relay, address.port);
    return wire;
  }

  #connect(near: net.Socket, { host, port }: Address): void {
    const far = net.connect(port, host);
    this.#near = near;
    this.#far = far;
    for (const end of [near, far]) end.on("error", () => {});
    near.on("close", () => far.destroyed || this.#far !== far || far.destroy());
    far.on("close", () => near.destroyed || near.end());
    near.pipe(far);
    far.pipe(near);
  }

  /** From now on nothing that the server sends on this connection is read, until it is thawed. */
  freeze(): () => void {
    const [near, far] = [this.#near, this.#far];
    if (near) far?.unpipe(near);
    far?.pause();
    let isFrozen = true;
    return () => {
      if (isFrozen && near && far && !far.destroyed) far.pipe(near);
      isFrozen = false;
    };
  }

  /** Ends both sides without a close frame. */
  cut(): void {
    this.#near?.destroy();
    this.#far?.destroy();
  }

  /**
   * The client is gone but the server is not told: its side stays open, and nobody reads or answers there.
   */
  abandon(): void {
    const far = this.#far;
    this.freeze();
    this.#far = undefined;
    this.#near?.destroy();
    far?.on("close", () => far.destroy());
  }

  close(): void {
    this.cut();
    this.relay.close();
  }
}
