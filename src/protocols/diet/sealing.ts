import type { Cancel } from "../../core/ports/clock.ts";
import type { Services } from "../../core/protocol/protocol.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import type { Ctx } from "./client.ts";
import { Encryption } from "./encryption/encryption.ts";
import type { Announcement } from "./encryption/wire.ts";
import type { Entries } from "./entries.ts";
import { type Enveloped, encode, response } from "./frames.ts";
import type { events } from "./schema.ts";

/** Encrypted connections, from the request for encryption until they close (contract: Message Encryption). */
export function createSealing({
  clock,
  settings,
}: Pick<Services<typeof events, Entries, unknown>, "clock" | "settings">) {
  const rotations = new Map<Ctx["state"], Cancel>();
  const announce = (type: string, data: Announcement) =>
    encode(type, JSON.stringify(data), { time: clock.now() });

  function seal(
    ctx: Ctx,
    encryption: Encryption,
    first: (send: (frame: string) => void) => void,
    failed?: () => void,
  ): void {
    const begin = (send: (frame: string) => void) => {
      first(send);
      return (frame: string) => encryption.seal(frame, clock.now());
    };
    ctx.seal(begin, failed);
  }

  function end({ state }: Ctx): void {
    rotations.get(state)?.();
    rotations.delete(state);
    state.unseal = undefined;
  }

  function rotate(ctx: Ctx, encryption: Encryption): void {
    seal(ctx, encryption, (send) => {
      encryption.rotate((data) => send(announce("encryption.rotate", data)));
    });
  }

  return {
    handlers: {
      "encryption.init"(ctx: Ctx, { data }: Enveloped<{ publicKey: string }>): void {
        if (ctx.state.unseal) throw new Refusal("bad_envelope", "Already encrypted");
        const encryption = Encryption.begin(data.publicKey, settings.encryption);
        const { ref } = ctx;
        ctx.state.unseal = (frame) => {
          const plain = encryption.open(frame);
          if (encryption.wantsRotation) rotate(ctx, encryption);
          return plain;
        };
        const welcome = (send: (frame: string) => void) => {
          send(response(ref, JSON.stringify({ keyId: encryption.ready.keyId }), clock.now()));
          send(announce("encryption.ready", encryption.ready));
        };
        // If a refusal goes to the client, both states stay as they were.
        seal(ctx, encryption, welcome, () => end(ctx));
        rotations.set(
          ctx.state,
          clock.every(settings.encryption.rotationMs, () => rotate(ctx, encryption)),
        );
      },
    },

    closed: end,
  };
}
