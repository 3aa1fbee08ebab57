import type { Completion } from "../outbound/delivery.ts";
import type { Entry } from "../protocol/entry.ts";

export interface Step {
  readonly entry?: Entry;
  readonly completion?: Completion;
  readonly effect?: () => void;
  readonly snapshot?: (() => void) | undefined;
}
