import type { Server } from "bun";
import type { Connection } from "./core/outbound/connection.ts";
import type { Publisher, Socket } from "./core/ports/socket.ts";
import { type Endpoint, listen } from "./server.ts";
import type { TlsPair } from "./tls.ts";

export interface Listener extends Publisher {
  readonly port: number;
  /**
   * New connections get this certificate; open ones keep theirs. Throws if it cannot be used, and the old one
   * stays.
   */
  renew(tls: TlsPair): void;
  /** The address of the peer; undefined for a request that has been read or copied. */
  addressOf(request: Request): string | undefined;
  /** HTTP requests that are not answered yet. */
  unanswered(): number;
  /** Accepts no new connections and closes idle ones. WebSockets stay. */
  refuse(): void;
  /** Closes every socket. */
  stop(): Promise<void>;
}

/**
 * Listens. Bun cannot change the certificate of a running server. With a new certificate a new server
 * therefore takes over the port, and the old one goes on until its last socket has closed. Meanwhile the
 * connections of a room are on both.
 */
export function startListener(endpoint: Endpoint, tls: TlsPair | undefined): Listener {
  /** The server of each socket that is not on the first server. Nearly always the first has all. */
  const serverOf = new WeakMap<Socket, Server<Connection>>();
  /** The newest is the last. */
  const servers: Server<Connection>[] = [];
  let used = tls;

  const parts: Endpoint = {
    ...endpoint,
    opened(socket, server) {
      if (server !== first) serverOf.set(socket, server);
    },
  };
  const start = (port: number, pair: TlsPair | undefined) => {
    servers.push(listen(parts, port, pair));
    used = pair;
  };
  const newest = () => servers.at(-1)!;
  start(endpoint.config.WS_PORT, tls);
  const first = newest();
  const port = first.port ?? endpoint.config.WS_PORT;

  return {
    port,
    renew(pair) {
      // Any fault of the certificate must show before the old server releases the port.
      void Bun.serve({ port: 0, hostname: "127.0.0.1", tls: pair, fetch: () => new Response() }).stop(true);
      const old = newest();
      const before = used;
      // The old server ends only when its last connection has closed, including one that has sent no request
      // yet.
      void old.stop().then(() => servers.splice(servers.indexOf(old), 1));
      try {
        start(port, pair);
      } catch (error) {
        start(port, before);
        throw error;
      }
    },
    addressOf: (request) => servers.map((server) => server.requestIP(request)).find(Boolean)?.address,
    unanswered: () => servers.reduce((sum, { pendingRequests }) => sum + pendingRequests, 0),
    refuse() {
      for (const server of servers) void server.stop();
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop(true)));
    },
    publish(topic, frame, compress, except) {
      if (servers.length === 1) return (except ?? newest()).publish(topic, frame, compress);
      const own = except && (serverOf.get(except) ?? first);
      let worst = 1;
      for (const server of servers) {
        worst = Math.min(worst, (server === own ? except : server)!.publish(topic, frame, compress));
      }
      return worst;
    },
    subscriberCount(topic) {
      let count = 0;
      for (const server of servers) count += server.subscriberCount(topic);
      return count;
    },
  };
}
