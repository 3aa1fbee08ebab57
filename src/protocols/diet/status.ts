import type { Services } from "../../core/protocol/protocol.ts";
import { everyoneRoom } from "../../core/protocol/room-name.ts";
import { iso } from "../../core/protocol/time.ts";
import type { Ctx } from "./client.ts";
import type { Entries } from "./entries.ts";
import type { Data, events } from "./schema.ts";

const CHECK_MS = 1_000;

type Status = Omit<Data<"system.status">, "timestamp">;

/**
 * Health of the server's parts. All connections get it on change, and each new connection while a part is
 * unwell.
 */
export function createStatus({
  clock,
  health,
  systemSender,
}: Pick<Services<typeof events, Entries, unknown>, "clock" | "health" | "systemSender">) {
  const now = (): Status => {
    const [database, ai] = [health.store(), health.agent()];
    const status = database ? (ai ? "healthy" : "degraded") : "down";
    const word = (works: boolean) => (works ? "up" : "down");
    // Notifications are as healthy as their storage.
    return {
      status,
      services: { api: "up", database: word(database), ai: word(ai), notifications: word(database) },
    };
  };
  let told = JSON.stringify(now());

  const cancel = clock.every(CHECK_MS, () => {
    const status = now();
    const text = JSON.stringify(status);
    if (text === told) return;
    told = text;
    systemSender.relayLocal(everyoneRoom("diet"), "system.status", {
      ...status,
      timestamp: iso(clock.now()),
    });
  });

  return {
    onAuthenticated(ctx: Ctx): void {
      const status = now();
      // The others are told later. If it has passed by then, only this one must hear of that.
      if (JSON.stringify(status) !== told) told = "";
      if (status.status !== "healthy") ctx.reply("system.status", { ...status, timestamp: iso(ctx.now()) });
    },
    stop: cancel,
  };
}
