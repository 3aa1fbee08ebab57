import { asError } from "./connection.ts";

/** A copy, as JSON says it. Throws a `TypeError` for what JSON cannot say. */
export function inJson<Value>(value: Value): Value {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch (error) {
    throw new TypeError(`a message must be JSON: ${asError(error).message}`);
  }
}
