import { isDeepStrictEqual } from "node:util";

/** Whether this data, written as JSON, equals the JSON text of stored data. The order of fields does not count. */
export const isStoredAs = (data: unknown, body: string): boolean => {
  const text = JSON.stringify(data);
  return text === body || isDeepStrictEqual(JSON.parse(text), JSON.parse(body));
};

/** Whether the stored data has every field of this data. Fields that the server filled in do not count. */
export function isWithin(data: unknown, stored: unknown): boolean {
  if (typeof data !== "object" || data === null || Array.isArray(data))
    return isDeepStrictEqual(data, stored);
  if (typeof stored !== "object" || stored === null) return false;
  const fields = new Map<string, unknown>(Object.entries(stored));
  return Object.entries(data).every(
    ([key, value]) => value === undefined || isWithin(value, fields.get(key)),
  );
}
