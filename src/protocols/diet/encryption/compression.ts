import { deflateRawSync, inflateRawSync } from "node:zlib";

export const deflate = (text: string): Buffer => deflateRawSync(text);

/** Undefined when it is not raw deflate, or more than `most` bytes come of it: no more than these are ever held. */
export function inflate(data: Buffer, most: number): Buffer | undefined {
  try {
    return inflateRawSync(data, { maxOutputLength: most });
  } catch {
    return undefined;
  }
}
