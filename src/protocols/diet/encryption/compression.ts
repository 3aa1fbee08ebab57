import { deflateRawSync, inflateRawSync } from "node:zlib";

export const deflate = (text: string): Buffer => deflateRawSync(text);

/**
 * Undefined for bytes that are not raw deflate, or that inflate to more than `most` bytes. No more than
 * `most` bytes are ever held.
 */
export function inflate(data: Buffer, most: number): Buffer | undefined {
  try {
    return inflateRawSync(data, { maxOutputLength: most });
  } catch {
    return undefined;
  }
}
