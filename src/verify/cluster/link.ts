import net from "node:net";

/** Which way nothing passes: from the side that connects (`out`), to it (`in`), or neither way. */
export type Cut = "out" | "in" | "both";

/** What one end of a connection sends to the other. */
class Direction {
  #isPassing = false;

  constructor(
    private readonly from: net.Socket,
    private readonly to: net.Socket,
  ) {}

  get isOver(): boolean {
    return this.from.destroyed;
  }

  /** The other end hears that this one has closed only where something passes. */
  apply(isCut: boolean): void {
    const { from, to } = this;
    if (isCut && this.#isPassing) {
      from.unpipe(to);
      from.pause();
    }
    if (!isCut && from.destroyed) to.end();
    else if (!isCut && !this.#isPassing) from.pipe(to);
    this.#isPassing = !isCut;
  }
}

interface Pair {
  readonly out: Direction;
  readonly in: Direction;
  end(): void;
}

/**
 * A TCP relay between two programs, which can be cut. Connections stay open meanwhile, as in a network that drops
 * packets: what was sent arrives once the link is whole again, unless an end has given up.
 */
export class Link {
  readonly #pairs = new Set<Pair>();
  #cut: Cut | undefined;

  private constructor(
    private readonly relay: net.Server,
    readonly port: number,
    private readonly target: number,
  ) {}

  /** `target` is the port that it leads to. */
  static async open(target: number): Promise<Link> {
    const relay = net.createServer((client) => link.#connect(client));
    await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
    const link: Link = new Link(relay, (relay.address() as net.AddressInfo).port, target);
    return link;
  }

  cut(which: Cut): void {
    this.#cut = which;
    for (const pair of this.#pairs) this.#apply(pair);
  }

  heal(): void {
    this.#cut = undefined;
    for (const pair of this.#pairs) this.#apply(pair);
  }

  close(): void {
    this.relay.close();
    for (const pair of this.#pairs) pair.end();
  }

  #connect(client: net.Socket): void {
    const upstream = net.connect(this.target, "127.0.0.1");
    const pair: Pair = {
      out: new Direction(client, upstream),
      in: new Direction(upstream, client),
      end() {
        client.destroy();
        upstream.destroy();
      },
    };
    this.#pairs.add(pair);
    for (const end of [client, upstream]) {
      end.setNoDelay(true);
      end.on("error", () => {});
      end.on("close", () => this.#apply(pair));
    }
    client.pause();
    upstream.pause();
    this.#apply(pair);
  }

  #apply(pair: Pair): void {
    pair.out.apply(this.#cut === "out" || this.#cut === "both");
    pair.in.apply(this.#cut === "in" || this.#cut === "both");
    if (pair.out.isOver && pair.in.isOver) this.#pairs.delete(pair);
  }
}
