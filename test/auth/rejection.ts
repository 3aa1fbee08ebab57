import { Refusal } from "../../src/core/protocol/refusal.ts";

/** What a caller learns from a promise that must be refused. */
export async function rejection(promise: Promise<unknown>) {
  const refusal = await promise.then(
    () => new Error("accepted"),
    (error: unknown) => error,
  );
  if (!(refusal instanceof Refusal)) throw refusal;
  return { reason: refusal.reason, message: refusal.message, cause: refusal.cause };
}
