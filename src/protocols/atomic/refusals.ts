import { Refusal } from "../../core/protocol/refusal.ts";

/** The connection has lost access to its context and already has the error. */
export class ContextLost extends Refusal {
  constructor() {
    super("forbidden", "No longer in the context");
  }
}

/** Refuses a message with one wrong field. */
export const wrong = (path: string, message: string): Refusal =>
  new Refusal("invalid", "invalid", { issues: [{ path, message }] });
