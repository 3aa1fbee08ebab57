import { z } from "zod";
import type { Frames } from "../../core/protocol/frames.ts";
import { announcement, encryptedFrame } from "./encryption/wire.ts";
import { envelope } from "./schema.ts";

const head = envelope.pick({ id: true, type: true, timestamp: true });
const failed = z.object({ code: z.string(), message: z.string(), details: z.unknown().optional() });
const { metadata } = envelope.shape;

const TIMESTAMP = "2026-03-02T08:30:00.100Z";
const announced = {
  publicKey: "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=",
  keyId: "key-1",
  algorithm: "AES-256-GCM",
  keyRotationInterval: 3_600_000,
  compressionEnabled: false,
};
const announcing = (type: string) =>
  head
    .extend({ type: z.literal(type), data: announcement })
    .meta({ examples: [{ id: "frame-2", type, timestamp: TIMESTAMP, data: announced }] });

/** Contract: Base Message Structure, WebSocketResponse, AuthResponse, Message Encryption. */
export const frames: Frames<unknown> = {
  message: (kind, body) => (kind === "auth" ? body : z.object({ type: z.literal(kind) }).and(body)),
  example: (type, body) => Object.assign({ type }, body),
  event: (kind, data) => head.extend({ type: z.literal(kind), data }),
  others: {
    auth_response: z
      .discriminatedUnion("success", [
        z.object({ type: z.literal("auth_response"), success: z.literal(true), userId: z.string() }),
        z.object({ type: z.literal("auth_response"), success: z.literal(false), error: failed }),
      ])
      .meta({
        examples: [
          { type: "auth_response", success: true, userId: "u1" },
          {
            type: "auth_response",
            success: false,
            error: { code: "AUTHENTICATION_FAILED", message: "Authentication failed" },
          },
        ],
      }),
    /** Answers a message, whose id and type it repeats. */
    response: z
      .discriminatedUnion("success", [
        head.extend({ success: z.literal(true), data: z.unknown(), metadata }),
        head.extend({ success: z.literal(false), error: failed, data: z.unknown().optional(), metadata }),
      ])
      .meta({
        examples: [
          {
            id: "frame-1",
            type: "water.intake",
            timestamp: TIMESTAMP,
            success: true,
            data: {
              userId: "u1",
              amount: 250,
              totalToday: 500,
              goal: 2_000,
              loggedAt: "2026-03-02T07:50:00.000Z",
            },
          },
          {
            id: "frame-1",
            type: "group.message",
            timestamp: TIMESTAMP,
            success: false,
            error: { code: "FORBIDDEN", message: "Not allowed" },
          },
        ],
      }),
    "encryption.ready": announcing("encryption.ready"),
    "encryption.rotate": announcing("encryption.rotate"),
    /** On an encrypted connection every frame, in both directions, is one of these around the plain frame. */
    encrypted: encryptedFrame.meta({
      examples: [
        {
          encryptedData: "3q2+7w==",
          iv: "AAAAAAAAAAAAAAAB",
          authTag: "AAAAAAAAAAAAAAAAAAAAAA==",
          timestamp: TIMESTAMP,
          keyId: "key-1",
        },
      ],
    }),
  },
};
