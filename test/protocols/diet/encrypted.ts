import { expect } from "bun:test";
import { Refusal } from "../../../src/core/protocol/refusal.ts";
import { Encryption, type EncryptionSettings } from "../../../src/protocols/diet/encryption/encryption.ts";
import { DietCipher } from "../../support/diet-cipher.ts";

export const NOW = Date.UTC(2026, 0, 1, 12);
const SETTINGS: EncryptionSettings = { rotationMs: 3_600_000, compression: false, maxPlainBytes: 10_000 };

/** A connection whose two sides have agreed on their first key. */
export async function agreed(settings: Partial<EncryptionSettings> = {}) {
  const client = await DietCipher.init();
  const server = Encryption.begin(client.publicKey, { ...SETTINGS, ...settings });
  await client.rotate(server.ready);
  return { client, server };
}

/** What the server sealed, as the client reads it. */
export const received = (sealed: string) => JSON.parse(sealed);

export function refusalOf(work: () => unknown): Refusal {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

/** The error for a frame with any fault. */
export function expectNotOpened(server: Encryption, frame: unknown): void {
  const { reason, message, issues, cause } = refusalOf(() => server.open(frame));
  expect({ reason, message, issues, cause }).toEqual({
    reason: "bad_envelope",
    message: "Frame cannot be decrypted",
    issues: [],
    cause: undefined,
  });
}
