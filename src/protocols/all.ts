import type { ProtocolFactory } from "../core/protocol/protocol.ts";
import { atomic } from "./atomic/protocol.ts";
import { diet } from "./diet/protocol.ts";
import { discord } from "./discord/protocol.ts";
import { gurukul } from "./gurukul/protocol.ts";
import { hyperfocus } from "./hyperfocus/protocol.ts";

type Contracts = Readonly<Record<string, ProtocolFactory>>;

/** Every contract that the server speaks, under its name. */
export const protocols: Contracts = { gurukul, hyperfocus, atomic, discord, diet };
