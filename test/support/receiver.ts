import type { Frame } from "./client.ts";

export interface Delivery {
  readonly id: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly events: Frame[];
}

/** A receiver of webhooks: keeps what comes, and answers what it is told to. */
export function startReceiver() {
  const deliveries: Delivery[] = [];
  let arrived = Promise.withResolvers<void>();
  let read = 0;
  const receiver = {
    answer: (_: Delivery): Response | Promise<Response> => new Response(null, { status: 204 }),
    deliveries,
    url: "",
    /** The next delivery that nobody has asked for yet. */
    async next(): Promise<Delivery> {
      while (read >= deliveries.length) await arrived.promise;
      return deliveries[read++]!;
    },
    stop: () => server.stop(true),
  };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const body = await request.text();
      const headers = request.headers.toJSON() as Record<string, string>;
      const { data } = JSON.parse(body);
      const delivery = { id: headers["webhook-id"] ?? "", headers, body, events: data.events ?? [] };
      deliveries.push(delivery);
      arrived.resolve();
      arrived = Promise.withResolvers();
      return receiver.answer(delivery);
    },
  });
  receiver.url = `http://127.0.0.1:${server.port}/hook`;
  return receiver;
}
