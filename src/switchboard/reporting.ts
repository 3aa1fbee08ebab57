import type { Logger } from "pino";
import type { Clock } from "../core/ports/clock.ts";
import { StoreUnavailable } from "../core/ports/store.ts";
import { RecentErrors } from "../metrics/recent-errors.ts";

export interface Reporting {
  readonly errors: RecentErrors;
  /** Logs an error and keeps it among the recent ones. */
  tell(error: unknown, context?: Record<string, unknown>): void;
  /** The same, but a store that cannot be written is logged once, no matter how many callers find it so. */
  report(error: unknown, context?: Record<string, unknown>): void;
}

export function createReporting(
  log: Logger,
  clock: Clock,
  storeFailed: (error: StoreUnavailable) => void,
): Reporting {
  const errors = new RecentErrors(clock);
  const tell: Reporting["tell"] = (error, context = {}) => {
    errors.add(error, String(context["where"] ?? "server"));
    log.error({ err: error, ...context }, "error");
  };
  return {
    errors,
    tell,
    report(error, context = {}) {
      if (error instanceof StoreUnavailable) storeFailed(error);
      else tell(error, context);
    },
  };
}
