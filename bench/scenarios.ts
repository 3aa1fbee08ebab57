import type { Contract, PeerName, ServerName } from "./names.ts";
import { connecting, type Figure, latencies, perDelivery, perMessage, stoppedReader } from "./table.ts";

/** What is measured, as data: `load.ts` plays any of these, `main.ts` decides against whom. */
export interface Scenario {
  name: string;
  contract: Contract;
  rooms: number;
  /** Members of each room; each is a connection and a user of its own. */
  members: number;
  /** How many of a room's members publish. */
  publishers: number;
  /** Messages that a publisher keeps unconfirmed, sent in bursts of as many as were confirmed at once. */
  inFlight: number;
  /** Messages a second over all rooms, sent on time, answered or not; instead of `inFlight`. */
  rate?: number;
  /** Half of each round is played beside somebody who has stopped reading. */
  stopped?: boolean;
  /** Nobody says anything: everybody comes, `inFlight` at once, to servers that have just started. */
  connecting?: { checked: boolean };
  seconds: { full: number; quick: number };
  servers: readonly ServerName[];
  /** Who can play it too. */
  peers: readonly PeerName[];
  figures: readonly Figure[];
}

const brokers = ["node-ws", "socket.io", "nats", "mosquitto"] as const;
const chat = { contract: "gurukul", publishers: 1, inFlight: 1, peers: brokers } as const;
const one = { full: 4, quick: 1 };
const both = ["bare", "FULL", "NORMAL"] as const;
const full = ["bare", "FULL"] as const;

export const scenarios: readonly Scenario[] = [
  {
    ...chat,
    name: "fan-out",
    ...{ rooms: 1, members: 1000, publishers: 4 },
    ...{ seconds: one, servers: full, figures: [perDelivery] },
  },
  {
    ...chat,
    name: "fan-out-batched",
    ...{ rooms: 1, members: 1000, publishers: 4, inFlight: 8 },
    ...{ seconds: one, servers: full, figures: [perDelivery] },
  },
  {
    ...chat,
    name: "many-rooms",
    ...{ rooms: 500, members: 2 },
    ...{ seconds: one, servers: both, figures: [perMessage] },
  },
  {
    ...chat,
    name: "many-rooms-loaded",
    ...{ rooms: 500, members: 2, publishers: 2, inFlight: 4 },
    ...{ seconds: one, servers: both, figures: [perMessage] },
  },
  {
    ...chat,
    name: "latency",
    ...{ rooms: 100, members: 10, rate: 2000 },
    ...{ seconds: { full: 10, quick: 3 }, servers: both, figures: [...latencies, perMessage] },
  },
  {
    ...chat,
    name: "stopped-reader",
    ...{ rooms: 1, members: 10, publishers: 10, rate: 4000, stopped: true },
    ...{ seconds: { full: 12, quick: 8 }, servers: both, figures: stoppedReader },
  },
  {
    ...chat,
    name: "connections",
    ...{ rooms: 900, members: 10, inFlight: 16, connecting: { checked: false } },
    ...{ seconds: one, servers: full, figures: connecting },
  },
  {
    ...chat,
    name: "storm",
    ...{ rooms: 900, members: 10, inFlight: 500, connecting: { checked: true } },
    ...{ seconds: one, servers: full, figures: connecting.slice(0, 2), peers: ["node-ws", "socket.io"] },
  },
  {
    ...chat,
    name: "gurukul-message",
    ...{ rooms: 100, members: 10 },
    ...{ seconds: one, servers: both, figures: [perMessage] },
  },
  {
    name: "atomic-message",
    ...{ contract: "atomic", rooms: 100, members: 10, publishers: 1, inFlight: 1 },
    ...{ seconds: one, servers: both, figures: [perMessage], peers: ["node-ws"] },
  },
  {
    name: "diet-direct-message",
    ...{ contract: "diet", rooms: 500, members: 2, publishers: 1, inFlight: 1 },
    ...{ seconds: one, servers: both, figures: [perMessage], peers: ["node-ws"] },
  },
];
