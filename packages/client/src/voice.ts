import type { z } from "zod";
import type { events as serverEvents } from "../../../src/protocols/discord/schema.ts";
import { Client } from "./client.ts";
import type { ClientOptions } from "./options.ts";
import type { Numbered } from "./resume.ts";

type Kind = keyof typeof serverEvents;

/** Contract discord-gateway: Message Envelope. `ts` is in milliseconds since the epoch. */
type Envelope = { readonly v: 1; readonly ts: number };
type Events = {
  [Name in Kind]: Envelope & {
    readonly type: "event";
    readonly event: Name;
    readonly payload: z.output<(typeof serverEvents)[Name]>;
  };
};
type Ack = Envelope & { readonly type: "ack"; readonly event: "auth.ok"; readonly guildId?: string };
type Failure = Envelope & { readonly type: "error"; readonly error: string };

type Frame = Ack | Failure | Events[Kind];

/** What arrives, by the name of the event. */
export type VoiceEvents = Events & { "auth.ok": Ack; error: Failure };

/**
 * Contract discord-gateway: who is in which voice channel. Viewers say nothing, and the server's pings are answered
 * by the browser and seen by no page, so that there is no heartbeat here.
 */
export class VoiceChannelClient extends Client<VoiceEvents, never, object> {
  protected readonly contract = "discord";

  constructor(options: ClientOptions) {
    super(options, {
      // Contract: Connection Lost. 1s → 2s → 4s → 8s → 16s, max 5 attempts.
      reconnect: { maxAttempts: 5, baseDelay: 1_000, backoffMultiplier: 2, maxBackoff: 16_000 },
      heartbeat: { interval: 0, timeout: 0 },
    });
  }

  protected opened(token: string | undefined): void {
    this.transmit(JSON.stringify({ v: 1, type: "auth", token: token ?? "", ts: this.clock.now() }));
  }

  /** No other sign tells that an event comes again. */
  protected override arrived(frame: Numbered): void {
    if ((frame.offset ?? 1) > (this.offsets.get(frame.room ?? "") ?? 0)) super.arrived(frame);
  }

  protected override heard(frame: Frame): void {
    if (frame.type === "ack") this.admitted();
    if (frame.type === "error") this.explain(frame.error);
    this.listeners.tell(frame.type === "error" ? "error" : frame.event, frame);
  }

  protected write(): void {}

  protected ping(): void {}
}
