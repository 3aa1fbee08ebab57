import type { Dialect } from "../dialect.ts";
import type { Contract, PeerName, ServerName } from "../names.ts";
import { atomic } from "./atomic.ts";
import { diet } from "./diet.ts";
import { gurukul } from "./gurukul.ts";
import { mqtt } from "./mqtt.ts";
import { nats } from "./nats.ts";
import { socketIo } from "./socket-io.ts";

const contracts: Record<Contract, Dialect> = { gurukul, atomic, diet };
/** Those who speak no contract. */
const own: Partial<Record<PeerName, Dialect>> = { "socket.io": socketIo, nats, mosquitto: mqtt };

export const dialectOf = (server: ServerName, contract: Contract): Dialect =>
  (own as Partial<Record<ServerName, Dialect>>)[server] ?? contracts[contract];
