import type { ProtocolFactory } from "../core/protocol/protocol.ts";
import { atomic } from "./atomic/protocol.ts";
import { diet } from "./diet/protocol.ts";
import { discord } from "./discord/protocol.ts";
import { gurukul } from "./gurukul/protocol.ts";
import { hyperfocus } from "./hyperfocus/protocol.ts";

/** Every contract that the server speaks. */
export const protocols: readonly ProtocolFactory[] = [gurukul, hyperfocus, atomic, discord, diet];
