import { z } from "zod";
import { time } from "../../../core/protocol/time.ts";
import { base64, base64Of } from "./base64.ts";

/** The data of `encryption.ready` and `encryption.rotate`, from which the client derives the next key. */
export const announcement = z.object({
  /** A fresh X25519 key of the server, 32 bytes in base64. */
  publicKey: z.string(),
  keyId: z.string(),
  algorithm: z.literal("AES-256-GCM"),
  /** Milliseconds. */
  keyRotationInterval: z.number(),
  compressionEnabled: z.boolean(),
});
export type Announcement = z.output<typeof announcement>;

/** Contract: Message Encryption, extended by the id of the key. */
export const encryptedFrame = z.object({
  encryptedData: base64,
  iv: base64Of(12),
  authTag: base64Of(16),
  timestamp: time,
  keyId: z.string(),
});
export type EncryptedFrame = z.output<typeof encryptedFrame>;
