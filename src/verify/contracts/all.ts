import type { Contract } from "../harness.ts";
import { atomic } from "./atomic.ts";
import { collaboration } from "./collaboration.ts";
import { diet } from "./diet.ts";
import { discord } from "./discord.ts";
import { gurukul } from "./gurukul.ts";
import { hyperfocus } from "./hyperfocus.ts";

/** Each contract with its share of the clients. */
export const contracts: readonly { readonly contract: Contract; readonly share: number }[] = [
  { contract: gurukul, share: 0.25 },
  { contract: atomic, share: 0.15 },
  { contract: collaboration, share: 0.15 },
  { contract: hyperfocus, share: 0.15 },
  { contract: discord, share: 0.15 },
  { contract: diet, share: 0.15 },
];
