import type { NatsConnection } from "@nats-io/transport-node";
import type { Transport } from "./transport.ts";

/** Core NATS: what is published while it reconnects would come late, so it is not published at all. */
export function createNatsTransport(connection: NatsConnection): Transport {
  let isConnected = true;
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === "disconnect" || type === "close") isConnected = false;
      if (type === "reconnect") isConnected = true;
    }
  })();
  return {
    get isConnected() {
      return isConnected && !connection.isClosed();
    },
    publish: (subject, bytes) => connection.publish(subject, bytes),
    subscribe(subject, heard) {
      const subscription = connection.subscribe(subject, {
        callback(error, message) {
          if (error) return;
          heard(message.data, message.reply ? (bytes) => void message.respond(bytes) : undefined);
        },
      });
      return () => subscription.unsubscribe();
    },
    request: async (subject, bytes, timeout) => (await connection.request(subject, bytes, { timeout })).data,
  };
}
