import { z } from "zod";
import type { Schemas } from "../../src/core/protocol/schemas.ts";
import { announcement, encryptedFrame } from "../../src/protocols/diet/encryption/wire.ts";
import { builtProtocol } from "./built-protocols.ts";

/** Every frame that a protocol may send, field for field: the envelope, its own schemas of events, its errors. */
type Contract = z.ZodType;

const iso = z.iso.datetime();
const kinds = (events: Schemas, frame: (kind: string, data: z.ZodType) => z.ZodType): Contract =>
  z.union(Object.entries(events).map(([kind, data]) => frame(kind, data)));
const eventsOf = (name: string): Schemas => builtProtocol(name).events;

const gurukul = (): Contract => {
  const timestamp = z.int().positive();
  const events = eventsOf("gurukul");
  const one = (kind: string, data: z.ZodType) => z.strictObject({ type: z.literal(kind), data, timestamp });
  const messages = z.array(one("message", events["message"] ?? z.never()));
  return z.union([kinds(events, one), one("batch", z.strictObject({ messages }))]);
};

const atomic = (): Contract => {
  const around = { id: z.string().optional(), timestamp: iso };
  const error = z.strictObject({ ...around, type: z.literal("error"), error: z.string().min(1) });
  const one = (kind: string, data: z.ZodType) => z.strictObject({ ...around, type: z.literal(kind), data });
  return z.union([kinds(eventsOf("atomic"), one), error]);
};

const discord = (): Contract => {
  const around = { v: z.literal(1), ts: z.int().positive() };
  const one = (kind: string, payload: z.ZodType) =>
    z.strictObject({ ...around, type: z.literal("event"), event: z.literal(kind), payload });
  const ack = { type: z.literal("ack"), event: z.literal("auth.ok"), guildId: z.string().optional() };
  return z.union([
    kinds(eventsOf("discord"), one),
    z.strictObject({ ...around, ...ack }),
    z.strictObject({ ...around, type: z.literal("error"), error: z.string().min(1) }),
  ]);
};

const hyperfocus = (): Contract =>
  kinds(eventsOf("hyperfocus"), (kind, payload) =>
    z.strictObject({ type: z.literal(kind), payload, timestamp: iso, version: z.literal("1.0.0") }),
  );

const diet = (): Contract => {
  const head = { id: z.string(), type: z.string(), timestamp: iso };
  const error = z.strictObject({
    code: z.string().regex(/^[A-Z_]+$/),
    message: z.string().min(1),
    details: z.unknown().optional(),
  });
  const metadata = z.object({}).optional();
  const keys = z.enum(["encryption.ready", "encryption.rotate"]);
  return z.union([
    kinds(eventsOf("diet"), (kind, data) => z.strictObject({ ...head, type: z.literal(kind), data })),
    z.strictObject({ ...head, success: z.literal(true), data: z.object({}), metadata }),
    z.strictObject({ ...head, success: z.literal(false), error, data: z.unknown().optional(), metadata }),
    z.strictObject({ type: z.literal("auth_response"), success: z.literal(true), userId: z.string() }),
    z.strictObject({ type: z.literal("auth_response"), success: z.literal(false), error }),
    z.strictObject({ ...head, type: keys, data: announcement }),
    z.strictObject(encryptedFrame.shape),
  ]);
};

const contracts: Readonly<Record<string, () => Contract>> = { gurukul, atomic, discord, hyperfocus, diet };

/** Fails, showing the frame, for one that this protocol may not send. */
export function contractOf(protocol: string): (frame: unknown) => void {
  const contract = contracts[protocol]?.() ?? z.never();
  return (frame) => {
    if (!contract.safeParse(frame).success) throw new Error(`not in the contract: ${JSON.stringify(frame)}`);
  };
}
