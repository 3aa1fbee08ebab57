import type { ClientOptions, MessageStore, StoreEvent } from "../../packages/client/src/index.ts";
import type { QueuedMessage } from "../../packages/client/src/store.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { clients, messages, sendBy } from "./clients.ts";
import { type FakeSocket, fakeSockets, outcome, settled, tokenOf } from "./support.ts";

/** Clients that have messages which a later page may send. */
export const KEEPERS = ["gurukul", "chat", "diet"] as const;
export type Keeper = (typeof KEEPERS)[number];
export const URL_OF = "wss://example.org/path";

export function memoryStore() {
  const kept = new Map<string, QueuedMessage>();
  const store: MessageStore = {
    load: async () => [...kept.values()].map((message) => structuredClone(message)),
    put: async (message) => void kept.set(message.id, structuredClone(message)),
    delete: async (id) => void kept.delete(id),
  };
  return { kept, store };
}

/** A page with a client, whose server is the test. */
export function page(
  name: Keeper,
  store: MessageStore,
  options: Partial<ClientOptions> & { contextId?: string } = {},
) {
  const clock = new FakeClock(0);
  const sockets = fakeSockets();
  const told: StoreEvent[] = [];
  const client = clients[name].create({
    ...{ url: URL_OF, token: tokenOf("ada"), clock, random: () => 0, createSocket: sockets.create },
    ...{ store, heartbeat: { interval: 0 } },
    ...options,
  });
  client.onStoreEvent((event) => told.push(event));
  const admit = async () => {
    const socket = await sockets.next();
    socket.open();
    clients[name].letIn(socket);
    await settled();
    return socket;
  };
  const write = (text: string) => outcome(sendBy(client, messages[name](text)));
  return { ...sockets, admit, client, clock, told, write };
}

export const written = ({ sent }: FakeSocket) => JSON.stringify(sent);
