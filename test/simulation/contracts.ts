import { protocols as shipped } from "../../src/protocols/all.ts";
import { contracts as verified } from "../../src/verify/contracts/all.ts";
import type { Contract } from "../../src/verify/harness.ts";
import { poll } from "../support/guide-poll.ts";
import { polls } from "./poll.ts";

/** What each server of the simulation speaks: all contracts, and the one of the guide. */
export const protocols = [...Object.values(shipped), poll];
/** Whose clients it has. */
export const contracts: readonly Contract[] = [...verified.map(({ contract }) => contract), polls];
