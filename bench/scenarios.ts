/** What is measured, as data: `load.ts` plays any of these, `main.ts` decides against whom. */
export interface Scenario {
  name: string;
  rooms: number;
  /** Members of each room; each is a connection and a user of its own. */
  members: number;
  /** How many of a room's members publish. */
  publishers: number;
  /** Messages that a publisher keeps unconfirmed, sent in bursts of as many as were confirmed at once. */
  inFlight: number;
  /** Messages a second over all rooms, sent on time whatever the answers do; instead of `inFlight`. */
  rate?: number;
  seconds: { full: number; quick: number };
  servers: readonly ServerName[];
}

export type ServerName = "bare" | "FULL" | "NORMAL";

export const scenarios: readonly Scenario[] = [
  {
    name: "fan-out",
    rooms: 1,
    members: 1000,
    publishers: 4,
    inFlight: 1,
    seconds: { full: 4, quick: 1 },
    servers: ["bare", "FULL"],
  },
  {
    name: "fan-out-batched",
    rooms: 1,
    members: 1000,
    publishers: 4,
    inFlight: 8,
    seconds: { full: 4, quick: 1 },
    servers: ["bare", "FULL"],
  },
  {
    name: "many-rooms",
    rooms: 500,
    members: 2,
    publishers: 1,
    inFlight: 1,
    seconds: { full: 4, quick: 1 },
    servers: ["bare", "FULL", "NORMAL"],
  },
  {
    name: "latency",
    rooms: 100,
    members: 10,
    publishers: 1,
    inFlight: 1,
    rate: 2000,
    seconds: { full: 10, quick: 3 },
    servers: ["bare", "FULL", "NORMAL"],
  },
];
