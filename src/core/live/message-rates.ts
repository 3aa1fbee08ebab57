import type { Limiter } from "../inbound/limits.ts";
import { networkOf } from "../inbound/network.ts";
import type { Connection } from "../outbound/connection.ts";

/**
 * The message rate of a connection, where the contract limits each connection. It goes on with the next connection of the
 * same user, or of the same address for guests: nobody gets a new rate by connecting again.
 */
export class MessageRates {
  constructor(private readonly limiter: Limiter) {}

  opened(connection: Connection): void {
    const guests = guestsOf(connection);
    if (guests !== undefined) this.limiter.adopt(connection.id, guests);
  }

  /** The connection's user is known. */
  authenticated(connection: Connection, userId: string): void {
    const { id, protocol } = connection;
    if (protocol.limitBy !== "connection") return;
    this.limiter.transfer(id, guestsOf(connection), `${protocol.name} ${userId}`);
  }

  closed(connection: Connection): void {
    const { id, identity, protocol } = connection;
    if (protocol.limitBy !== "connection") return;
    this.limiter.release(id, identity ? `${protocol.name} ${identity.userId}` : guestsOf(connection));
  }
}

/** The guests of one address are counted together: to the limiter they are one owner of connections. */
const guestsOf = ({ address, protocol }: Connection): string | undefined =>
  protocol.guests && protocol.limitBy === "connection"
    ? `${protocol.name} guest ${networkOf(address)}`
    : undefined;
